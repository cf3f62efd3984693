import { chromiumOptions } from '@allim/stack';
import { waitFor } from '@allim/testing';
import { type Browser, chromium, type Page } from 'playwright-core';
import { type Program } from './program.js';
import { System } from './system.js';

let system: System;
let browser: Browser;
beforeAll(async () => {
  const options = await chromiumOptions();
  [system, browser] = await Promise.all([System.start(), chromium.launch(options)]);
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await system?.stop();
});

const problems: string[] = [];
afterEach(() => expect(problems.splice(0)).toEqual([]));

/** The page on a node, with a sample user's inbox open and connected. */
async function open(user: string, node: Program): Promise<Page> {
  const context = await browser.newContext({ locale: 'ko-KR', viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (line) => {
    if (/Content Security Policy/.test(line.text())) problems.push(line.text());
  });
  await page.goto(`${node.url}/`);
  await page.locator('#sample-user').selectOption(user);
  await page.locator('#connection[data-state="connected"]').waitFor();
  return page;
}

const rows = (page: Page) => page.locator('#rows .row');
const titles = (page: Page) => rows(page).locator('.title').allInnerTexts();
const follow = (user: string, followId: number, followerName = '이서연') =>
  system.publish('blog.user.followed', user, { followId, followeeId: user, followerId: 'someone', followerName });

describe('the inbox page', () => {
  it('shows what happens at once, on both nodes, once', async () => {
    const pages = [await open('user-1', system.apis[0]!), await open('user-1', system.apis[1]!)];
    await system.publish('shopping.order.created', 'user-1', {
      orderNumber: 'ORD-1',
      userId: 'user-1',
      totalAmount: '1234567.50',
      itemCount: 2,
    });
    for (const page of pages) {
      await rows(page).first().waitFor();
      expect(await titles(page)).toEqual(['주문이 접수되었습니다']);
      expect(await rows(page).locator('.message').innerText()).toMatch(/1,234,567\.5/);
      expect(await page.locator('#unread').innerText()).toMatch(/1/);
      expect(await page.title()).toMatch(/1/);
    }
    await pages[0]!.locator('.row .read').click();
    await pages[1]!.locator('#unread').waitFor({ state: 'hidden' });
    for (const page of pages) await page.context().close();
  });

  it('shows text as text, and no link that leads away', async () => {
    const page = await open('user-2', system.apis[0]!);
    await follow('user-2', 1, '<img src=x onerror=alert(1)>');
    await rows(page).first().waitFor();
    expect(await rows(page).locator('.message').innerText()).toContain('<img src=x onerror=alert(1)>');
    expect(await rows(page).locator('img[src="x"]').count()).toBe(0);
    await page.context().close();
  });

  it('catches up by itself when its node was away', async () => {
    const node = system.apis[0]!;
    const page = await open('user-3', node);
    await node.end('SIGKILL');
    await page.locator('#connection:not([data-state="connected"])').waitFor();
    for (const n of [1, 2, 3]) await follow('user-3', n);
    await node.start();
    await waitFor(async () => (await rows(page).count()) === 3, { what: 'what was missed', timeoutMs: 30_000 });
    await page.context().close();
  });

  it('shows on every page that a topic is subscribed to', async () => {
    const first = await open('user-5', system.apis[0]!);
    await first.locator('#timedeal[aria-checked="false"]').click();
    await first.locator('#timedeal[aria-checked="true"]').waitFor();
    const second = await open('user-5', system.apis[1]!);
    await second.locator('#timedeal[aria-checked="true"]').waitFor();
    await system.publish('shopping.timedeal.started', '5', { timeDealId: 5, timeDealName: '한정 특가' });
    for (const page of [first, second]) {
      await page.locator('#announcement').getByText('한정 특가').waitFor();
      await waitFor(async () => (await rows(page).count()) === 1, { what: 'the broadcast in the inbox' });
      await page.context().close();
    }
  });

  it('can be used with the keyboard alone', async () => {
    const page = await open('user-4', system.apis[1]!);
    await follow('user-4', 1);
    await rows(page).first().waitFor();
    const focused = () => page.evaluate(() => document.activeElement?.className ?? '');
    for (let steps = 0; steps < 30 && !/\bread\b/.test(await focused()); steps++) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('#unread').waitFor({ state: 'hidden' });
    await page.context().close();
  });
});
