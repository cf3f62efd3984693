import { chromiumOptions, kafkaClient } from '@allim/stack';
import { waitFor } from '@allim/testing';
import { SignJWT } from 'jose';
import { type Producer } from 'kafkajs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { Issuer } from './issuer.js';
import { Program } from './program.js';
import { System } from './system.js';

let system: System;
let ops: Program;
let browser: Browser;
let producer: Producer;

beforeAll(async () => {
  const options = await chromiumOptions();
  [system, browser] = await Promise.all([System.start(), chromium.launch(options)]);
  producer = kafkaClient(system.stack.kafkaBrokers).producer({ allowAutoTopicCreation: false });
  [ops] = await Promise.all([
    Program.start('ops', 'ops', { ...system.environment, DEAD_LETTER_LOOK_MS: '200' }),
    producer.connect(),
  ]);
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await ops?.end('SIGTERM');
  await producer?.disconnect();
  await system?.stop();
});

const problems: string[] = [];
afterEach(() => expect(problems.splice(0)).toEqual([]));

/** The console at an address, nobody signed in. */
async function visit(path: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-US', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('dialog', (dialog) => problems.push(`a script has spoken: ${dialog.message()}`));
  page.on('console', (line) => {
    if (/Content Security Policy|TrustedHTML/.test(line.text())) problems.push(line.text());
  });
  await page.goto(`${ops.url}${path}`);
  return page;
}

async function open(path: string, options: BrowserContextOptions & { operator?: string } = {}): Promise<Page> {
  const { operator = 'operator', ...others } = options;
  const page = await visit(path, others);
  await page.locator('.samples button', { hasText: operator }).first().click();
  await page.locator('nav').waitFor();
  return page;
}

const badOrder = (orderNumber: string, userId: string) => ({ orderNumber, userId, totalAmount: 'a lot', itemCount: 2 });

/** Publishes an order that cannot be read; resolves with the number of its case. */
async function dies(orderNumber: string, userId: string): Promise<number> {
  await system.publish('shopping.order.created', userId, badOrder(orderNumber, userId));
  return caseOf(orderNumber);
}

const caseOf = (text: string): Promise<number> =>
  waitFor(
    async () => {
      const path = `/api/v1/ops/dead-letters?text=${encodeURIComponent(text)}`;
      const { body } = await system.call(ops, { userId: 'spec', scope: 'ops', method: 'GET', path });
      return (body as { data: { items: { number: number }[] } }).data.items[0]?.number;
    },
    { what: `the case of ${text}`, timeoutMs: 30_000 },
  );

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const state = (page: Page, name: string) => page.locator('h1 + .badge', { hasText: name });

describe('the console', () => {
  it('leads from a group to its mistake, and from there to the notification that was missed', async () => {
    await dies('ORD-FIX', 'user-1');
    const page = await open('/groups');
    await page.getByRole('link', { name: 'shopping.order.created' }).first().click();
    await page.locator('.rows a', { hasText: 'shopping.order.created' }).first().click();
    await page.locator('h1', { hasText: /^Letter \d+$/ }).waitFor();
    expect(await page.locator('.line.named').innerText()).toMatch(/"totalAmount": "a lot".*expected/s);

    const compared = page.getByRole('table', { name: 'The payload against the schema of shopping.order.created' });
    expect(await compared.locator('tr.wrong').allInnerTexts()).toEqual([
      expect.stringMatching(/^totalAmount\s+amount \(needed\)\s+text\s+expected an amount/),
    ]);
    expect(await compared.locator('tr').nth(2).innerText()).toMatch(/^orderNumber\s+id \(needed\)\s+text$/);
    const letterAddress = page.url();

    await page.getByRole('link', { name: 'Edit and replay' }).click();
    const payload = page.getByLabel('Payload (JSON)');
    const broken = await payload.inputValue();
    await payload.fill(broken.slice(0, -1));
    await page.getByText('No JSON from line').waitFor();
    expect(await button(page, 'Replay with this payload').isDisabled()).toBe(true);

    // What the schema refuses is said as the API words it.
    await payload.fill(broken.replace('"itemCount": 2', '"itemCount": "2"'));
    await button(page, 'Replay with this payload').click();
    await button(page, 'Dry run').click();
    await page.locator('dialog .problem', { hasText: 'itemCount' }).waitFor();
    await page.keyboard.press('Escape');

    await payload.fill(broken.replace('"a lot"', '45000'));
    await button(page, 'Replay with this payload').click();
    await button(page, 'Dry run').click();
    await state(page, 'Dry run').waitFor();
    expect(await page.locator('.figures').innerText()).toMatch(/Letters\s+1/);
    await page.getByLabel('Reason').fill('the shop sends numbers again');
    await button(page, 'Start the replay').click();
    await state(page, 'Done').waitFor();
    await page.locator('[data-state="live"]').waitFor();

    const inbox = await (await browser.newContext({ locale: 'ko-KR' })).newPage();
    await inbox.goto(`${system.apis[0]!.url}/`);
    await inbox.locator('#sample-user').selectOption('user-1');
    await inbox.locator('#rows .title', { hasText: '주문이 접수되었습니다' }).waitFor();
    expect(await inbox.locator('#rows .message').innerText()).toContain('45,000');

    await page.goto(letterAddress);
    const history = page.locator('.letter-jobs li');
    await history.first().waitFor();
    expect(await history.allInnerTexts()).toEqual([
      expect.stringMatching(/^Job \d+ Done published Started by .+ · the shop sends numbers again$/),
    ]);
    await page.getByRole('link', { name: 'Audit' }).click();
    await page.locator('.row', { hasText: 'the shop sends numbers again' }).waitFor();
    await page.getByRole('link', { name: 'Timeline' }).click();
    await page.getByLabel('Person (user id)', { exact: true }).last().fill('user-1');
    await button(page, 'Show').click();
    await page.locator('.timeline h2', { hasText: '주문이 접수되었습니다' }).waitFor();
    await Promise.all([page.context().close(), inbox.context().close()]);
  }, 120_000);

  it('replays a selection, gives others up, and needs no socket for it', async () => {
    for (const order of ['ORD-SEL-1', 'ORD-SEL-2', 'ORD-SEL-3']) await dies(order, 'user-2');
    const page = await open('/letters?text=ORD-SEL&state=open');
    await page.route('**/socket.io/**', (route) => route.abort());
    const chosen = page.locator('.rows input');
    await chosen.nth(2).check();
    await button(page, 'Discard').click();
    await page.locator('dialog').getByLabel('Reason').fill('a test of somebody');
    await page.locator('dialog').getByRole('button', { name: 'Discard' }).click();
    await page.getByText('1 letter discarded.').waitFor({ state: 'attached' });
    await waitFor(async () => (await chosen.count()) === 2, { what: 'two letters to be left' });

    await page.getByLabel('All 2 here').check();
    await button(page, 'Replay').click();
    await page.locator('dialog').getByLabel('Letters a second at most').fill('0');
    await button(page, 'Dry run').click();
    await state(page, 'Dry run').waitFor();
    await page.getByLabel('Reason').fill('nothing has changed, so they fail again');
    await button(page, 'Start the replay').click();
    await state(page, 'Done').waitFor();
    expect(await page.locator('[data-state="polling"]').count()).toBe(1);
    expect(await page.locator('.figures').innerText()).toMatch(/Failed again\s+2/);
    await page.context().close();
  }, 120_000);

  it('shows hostile text as text, wherever it stands', async () => {
    const hostile = '<img src=x onerror=alert(1)>';
    const topic = 'hostile.DLT';
    await system.admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
    const headers = {
      'kafka_dlt-original-topic': `${hostile}\u202etxt`,
      'kafka_dlt-exception-message': `${hostile} javascript:alert(1) \u001b[2J`,
      'kafka_dlt-exception-fqcn': hostile,
      'kafka_dlt-exception-stacktrace': `${hostile}\n at ${hostile}`,
      'kafka_dlt-original-consumer-group': hostile,
      'allim-error-class': hostile,
      [hostile]: `"><script>alert(2)</script>`,
    };
    const value = JSON.stringify({
      hostile: 'hostile-1',
      [hostile]: '</pre><script>alert(3)</script>\u202e',
      text: hostile,
    });
    await producer.send({ topic, messages: [{ key: hostile, value, headers }], acks: -1 });
    const number = await caseOf('hostile-1');
    const page = await open('/letters?text=hostile-1');
    // The index does not believe such a name of a topic; the console would show it all the same.
    expect(await page.locator('.row-title').innerText()).toBe(`${number} hostile`);
    const topicShown = `${hostile}\u202etxt`;
    await page.route('**/api/v1/ops/**', async (route) => {
      const answer = await route.fetch();
      await route.fulfill({
        body: (await answer.text()).replaceAll('"topic":"hostile"', `"topic":${JSON.stringify(topicShown)}`),
      });
    });
    await page.reload();
    const title = page.locator('.row-title', { hasText: hostile });
    expect(await title.innerText()).toContain('\\u202etxt');
    await title.getByRole('link').click();
    await page.locator('h1', { hasText: `Letter ${number}` }).waitFor();
    expect(await page.locator('.payload .code').innerText()).toContain('</pre><script>alert(3)</script>\\u202e');
    await page.getByText('Stack', { exact: true }).click();
    for (const view of ['Text', 'Bytes']) await page.getByText(view, { exact: true }).click();
    expect(await page.locator('img[src="x"], body script, a[href^="javascript"]').count()).toBe(0);
    for (const [path, place] of [
      [`/letters/${number}/edit`, '.error-text'],
      ['/groups', '.row'],
      ['/', '.legend'],
    ] as const) {
      await page.goto(`${ops.url}${path}`);
      await page.locator(place, { hasText: hostile }).waitFor();
      expect(await page.locator('img[src="x"], body script, a[href^="javascript"]').count()).toBe(0);
    }
    await page.context().close();
  });

  it('says what an operator may not do, and does not show it', async () => {
    const number = await dies('ORD-READER', 'user-3');
    const page = await open(`/letters/${number}`, { operator: 'reader' });
    await page.getByText('needs the scope ops:payload').first().waitFor();
    await page.getByText('needs the scope ops:replay').first().waitFor();
    for (const action of ['Replay', 'Edit and replay', 'Discard'])
      expect([action, await button(page, action).isDisabled()]).toEqual([action, true]);
    expect(await page.locator('main').innerText()).not.toContain('ORD-READER');
    await page.context().close();
  });

  it('asks who is there again when the token has ended, and stays where it was', async () => {
    const token = await new SignJWT({ scope: 'ops:read' })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject('somebody')
      .setIssuedAt()
      .setExpirationTime('4s')
      .sign(new TextEncoder().encode(system.environment.AUTH_JWT_SECRET));
    const page = await visit('/letters?topic=shopping.order.created&state=open');
    await page.getByLabel('Access token').fill(token);
    await button(page, 'Sign in').click();
    await page.getByLabel('Text in message or payload').fill('not sent yet');
    await page.getByRole('heading', { name: 'Sign in again' }).waitFor();
    await page.keyboard.press('Escape');
    expect(await page.locator('dialog[open]').count()).toBe(1);
    await page.locator('.samples button', { hasText: 'operator' }).click();
    await page.locator('dialog').waitFor({ state: 'detached' });
    expect(page.url()).toBe(`${ops.url}/letters?topic=shopping.order.created&state=open`);
    expect(await page.getByLabel('Text in message or payload').inputValue()).toBe('not sent yet');
    await page.context().close();
  });

  it('signs in at an issuer, and comes back to the page that was asked for', async () => {
    const issuer = await Issuer.start();
    const other = await Program.start('ops-oidc', 'ops', {
      ...system.environment,
      ...issuer.settings,
      NODE_ENV: 'production',
      KAFKA_GROUP_ID: 'ops-oidc',
    });
    try {
      const page = await (await browser.newContext({ locale: 'en-US' })).newPage();
      const asked = `${other.url}/letters?topic=shopping.order.created&state=open`;
      await page.goto(asked);
      await page.getByRole('button', { name: 'Sign in at 127.0.0.1' }).click();
      await page.locator('.operator', { hasText: 'operator-of-the-issuer' }).waitFor();
      expect(page.url()).toBe(asked);
      await page.locator('main .card').nth(1).waitFor();
      expect(await page.locator('[role="alert"] .problem, .blank[role="alert"]').count()).toBe(0);
      expect(await page.locator('.samples').count()).toBe(0);
      await page.context().close();
    } finally {
      await other.end('SIGTERM');
      await issuer.stop();
    }
  });

  it('can be used with the keyboard alone', async () => {
    const number = await dies('ORD-KEYS', 'user-4');
    const page = await open('/letters?text=ORD-KEYS');
    await page.locator('.rows a').waitFor();
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '');
    await page.locator('body').press('Tab');
    for (let steps = 0; steps < 40 && !(await focused()).startsWith(`${number} `); steps++)
      await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('h1', { hasText: `Letter ${number}` }).waitFor();
    // The new page is where one goes on from, and the next stop is its first button.
    await waitFor(async () => page.evaluate(() => document.activeElement?.id === 'main'), {
      what: 'focus on the page',
    });
    await button(page, 'Replay').waitFor();
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Replay');
    await page.keyboard.press('Enter');
    await page.locator('dialog[open]').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'detached' });
    expect(await focused()).toBe('Replay');
    await page.context().close();
  });

  it.each<BrowserContextOptions>([
    { locale: 'ko-KR', colorScheme: 'dark' },
    { locale: 'en-US', colorScheme: 'light' },
  ])('fits a phone: %j', async (options) => {
    const number = await dies('ORD-PHONE', 'user-5');
    const page = await open('/', { ...options, viewport: { width: 390, height: 844 } });
    const paths = [
      '/',
      '/groups',
      '/letters',
      `/letters/${number}`,
      `/letters/${number}/edit`,
      '/jobs',
      '/audit',
      '/timeline?user=user-1',
    ];
    for (const path of paths) {
      await page.goto(`${ops.url}${path}`);
      await page.locator('main .card').first().waitFor();
      await waitFor(async () => (await page.locator('.loading').count()) === 0, { what: `${path} to be loaded` });
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect([path, width]).toEqual([path, 390]);
    }
    expect(await page.locator('html').getAttribute('lang')).toBe(options.locale?.slice(0, 2));
    await page.context().close();
  });

  it('loads no more than 200 KB of script for its first page', async () => {
    const page = await open('/');
    await page.locator('.totals').waitFor();
    const scripts = await page.evaluate(() =>
      (performance.getEntriesByType('resource') as PerformanceResourceTiming[])
        .filter(({ name }) => name.endsWith('.js'))
        .map(({ encodedBodySize }) => encodedBodySize),
    );
    expect(scripts.length).toBeGreaterThanOrEqual(2);
    expect(scripts.every((size) => size > 0)).toBe(true);
    expect(scripts.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(200 * 1024);
    await page.context().close();
  });
});
