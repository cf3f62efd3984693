import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromiumOptions, freePort, workspace } from '@allim/stack';
import { waitFor } from '@allim/testing';
import { chromium } from 'playwright-core';

/** A system of its own beside one that a developer may be running: other ports, other data. */
const state = mkdtempSync(join(tmpdir(), 'allim-start-'));
const main = `${workspace}tools/allim/dist/main.js`;
let environment: NodeJS.ProcessEnv;
let system: ChildProcess;
let output = '';

function run(...args: string[]): ChildProcess {
  const child = spawn(process.execPath, [main, ...args], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout!.on('data', (text) => {
    output += text;
  });
  child.stderr!.on('data', (text) => {
    output += text;
  });
  return child;
}

/** Runs a command to its end; answers its exit code. */
async function ended(...args: string[]): Promise<number> {
  const [code] = (await once(run(...args), 'exit')) as [number];
  return code;
}

/** Processes that were started for this system: all of them carry its state folder in their environment. */
function processes(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`ALLIM_STATE=${state}`);
      } catch {
        return false; // gone meanwhile
      }
    })
    .map(Number);
}

const addresses = () =>
  Object.fromEntries(
    readFileSync(join(state, 'env'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(/=(.*)/s)),
  );

beforeAll(async () => {
  const ports = [
    ...['API_PORT', 'API_PORT_2', 'CONSUMER_PORT', 'CHANNEL_EMAIL_PORT', 'CHANNEL_PUSH_PORT'],
    ...['OPS_PORT', 'MAILBOX_PORT', 'SMTP_PORT', 'FCM_PORT'],
  ];
  environment = { ...process.env, ALLIM_STATE: state };
  for (const port of ports) environment[port] = `${await freePort()}`;
  system = run('start');
  await waitFor(() => output.includes('Allim is ready') && existsSync(join(state, 'env')), {
    what: 'npm start to be ready',
    timeoutMs: 180_000,
  });
}, 200_000);
afterAll(() => {
  for (const pid of processes()) process.kill(pid, 'SIGKILL');
  rmSync(state, { recursive: true, force: true });
});

describe('npm start', () => {
  it('says where everything is', () => {
    const { KAFKA_BROKERS, DATABASE_URL, REDIS_URL, API_URL, API_URL_2, AUTH_JWT_SECRET, ...outside } = addresses();
    expect([KAFKA_BROKERS, DATABASE_URL, REDIS_URL].every(Boolean)).toBe(true);
    const { OPS_PORT, MAILBOX_PORT, SMTP_PORT, FCM_PORT } = environment;
    expect(outside).toEqual({
      OPS_URL: `http://localhost:${OPS_PORT}`,
      MAILBOX_URL: `http://localhost:${MAILBOX_PORT}`,
      SMTP_URL: `smtp://127.0.0.1:${SMTP_PORT}`,
      FCM_ENDPOINT: `http://127.0.0.1:${FCM_PORT}`,
    });
    expect(output).toContain(outside.MAILBOX_URL);
    expect(output).toContain(outside.OPS_URL);
    expect(AUTH_JWT_SECRET.length).toBeGreaterThanOrEqual(32);
    expect(output).toContain(API_URL);
    expect(output).toContain(API_URL_2);
  });

  it('plays sample events, and a published one arrives on the other node', async () => {
    const { API_URL_2 } = addresses();
    output = '';
    expect(await ended('token', '--user', 'user-5')).toBe(0);
    const token = /ey[\w-]+\.[\w-]+\.[\w-]+/.exec(output)?.[0];
    const inbox = async () => {
      const answer = await fetch(`${API_URL_2}/api/v1/notifications/?size=100`, {
        headers: { authorization: `Bearer ${token}` },
      });
      return ((await answer.json()) as { data: { items: { referenceId: string }[] } }).data.items;
    };
    await waitFor(async () => (await inbox()).length > 0, { what: 'a sample event', timeoutMs: 30_000 });
    const event = { orderNumber: 'ORD-CLI', userId: 'user-5', totalAmount: 45000, itemCount: 2 };
    expect(await ended('publish', 'shopping.order.created', JSON.stringify(event))).toBe(0);
    const mine = async () => (await inbox()).filter(({ referenceId }) => referenceId === 'ORD-CLI');
    await waitFor(async () => (await mine()).length > 0, { what: 'the published event' });
    expect(await mine()).toHaveLength(1);
  });

  it("shows the sample feed's mails and pushes on the mailbox page", async () => {
    const { MAILBOX_URL } = addresses();
    const received = async (to: string) =>
      (await (await fetch(`${MAILBOX_URL}/messages?to=${to}`)).json()) as { subject: string; html: string }[];
    const order = { orderNumber: 'ORD-MAIL', userId: 'user-4', totalAmount: 45000, itemCount: 2 };
    expect(await ended('publish', 'shopping.order.created', JSON.stringify(order))).toBe(0);
    const ordered = await waitFor(
      async () => (await received('user-4@example.com')).find(({ html }) => html.includes('ORD-MAIL')),
      { what: 'the mail of a published order' },
    );
    expect(ordered.html).toContain('<html lang="en">');
    const inKorean = async () =>
      (await received('user-1@example.com')).some(({ html }) => html.includes('<html lang="ko">'));
    await waitFor(inKorean, { what: 'a mail of the feed in Korean', timeoutMs: 30_000 });
    // A promotion among them, whatever the hour: with its label, and with the way out of it.
    const campaign = async () =>
      (await received('user-1@example.com')).find(({ subject }) => /^\(광고\)/.test(subject));
    expect((await waitFor(campaign, { what: 'a promotion', timeoutMs: 60_000 })).html).toMatch(/수신거부/);

    const browser = await chromium.launch(await chromiumOptions());
    try {
      const page = await browser.newPage({ locale: 'ko-KR' });
      await page.goto(`${MAILBOX_URL}/`);
      for (const kind of ['mail', 'push']) await page.locator(`#rows [href^="#${kind}/"]`).first().waitFor();
      await page.locator('#rows a', { hasText: 'user-4@example.com' }).first().click();
      await page.frameLocator('iframe').locator('h1').waitFor();
    } finally {
      await browser.close();
    }
  }, 120_000);

  it('tells operators why a record died', async () => {
    const broken = join(state, 'broken.json');
    writeFileSync(broken, '{"orderNumber":"ORD-BROKEN",');
    expect(await ended('publish', 'shopping.order.created', '--key', 'user-3', '--file', broken)).toBe(0);
    const list = async () => {
      output = '';
      expect(await ended('dlt', 'list', '--filter', 'topic=shopping.order.created,text=ORD-BROKEN', '--json')).toBe(0);
      return output;
    };
    await waitFor(async () => (await list()).includes('"bad-json"'), { what: 'the case', timeoutMs: 30_000 });
    const [, number] = /"number": *(\d+)/.exec(output) ?? [];
    output = '';
    expect(await ended('dlt', 'show', String(number))).toBe(0);
    expect(output).toContain('{"orderNumber":"ORD-BROKEN",');
    expect(output).toContain('user-3');
  });

  it('refuses to run twice', async () => {
    output = '';
    expect(await ended('start')).toBe(1);
    expect(output).toMatch(/already runs/);
  });

  it('leaves nothing behind after Ctrl-C, though npm passes it on a second time', async () => {
    expect(processes().length).toBeGreaterThanOrEqual(10);
    const exit = once(system, 'exit');
    const began = Date.now();
    system.kill('SIGINT');
    system.kill('SIGINT');
    expect(await exit).toEqual([0, null]);
    expect(Date.now() - began).toBeLessThan(15_000);
    await waitFor(() => processes().length === 0, { what: 'every process of the system to be gone' });
    expect(existsSync(join(state, 'env'))).toBe(false);
  });
});
