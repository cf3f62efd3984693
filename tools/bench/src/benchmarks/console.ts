import { chromiumOptions } from '@allim/stack';
import { type Browser, chromium } from 'playwright-core';
import { type Benchmark } from '../benchmark.js';
import { reach } from '../drain.js';
import { operatorToken, startOps } from '../operators.js';
import { whenReady } from '../process.js';
import { withSite } from '../site.js';
import { indexedBy, preloadBatch, preloadLetters } from './dead-letters.js';

const visits = 5;
const kilobyte = 1_024;

export const consoleLoad: Benchmark = {
  name: 'console',
  what: `the console's page of groups with ${preloadBatch.toLocaleString('en')} letters behind it, by a Chromium that has just been started: from the navigation until the first group is there and takes a click, the slowest of ${visits} visits with nothing in the cache; and what it loads for that`,
  figures: {
    interactiveMs: { label: 'interactive after, ms', must: { atMost: 1_000 } },
    scriptKb: { label: 'script, gzip, KB', must: { atMost: 200 } },
    loadedKb: { label: 'all that is loaded, data included, KB' },
  },
  run: () =>
    withSite(async (site) => {
      await preloadLetters(site, preloadBatch);
      await using ops = await startOps(site);
      await whenReady(ops);
      await reach('letters in the index', () => indexedBy(ops), preloadBatch);
      const browser = await chromium.launch(await chromiumOptions());
      try {
        const token = await operatorToken();
        const seen: Visit[] = [];
        for (let visit = 0; visit < visits; visit++) seen.push(await visited(browser, `${ops.url}/groups`, token));
        return {
          interactiveMs: Math.max(...seen.map(({ ms }) => ms)),
          scriptKb: Math.max(...seen.map(({ script }) => script)) / kilobyte,
          loadedKb: Math.max(...seen.map(({ all }) => all)) / kilobyte,
        };
      } finally {
        await browser.close();
      }
    }),
};

interface Visit {
  ms: number;
  /** Bytes as they came over the line. */
  script: number;
  all: number;
}

async function visited(browser: Browser, url: string, token: string): Promise<Visit> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.addInitScript((held) => sessionStorage.setItem('allim.token', held), token);
    const sizes: Promise<{ type: string; bytes: number }>[] = [];
    page.on('requestfinished', (request) =>
      sizes.push(request.sizes().then((size) => ({ type: request.resourceType(), bytes: size.responseBodySize }))),
    );
    const began = performance.now();
    await page.goto(url, { waitUntil: 'commit' });
    await page.locator('.rows a').first().click({ trial: true });
    const ms = performance.now() - began;
    const loaded = await Promise.all(sizes);
    const sum = (some: { bytes: number }[]) => some.reduce((total, { bytes }) => total + bytes, 0);
    return { ms, script: sum(loaded.filter(({ type }) => type === 'script')), all: sum(loaded) };
  } finally {
    await context.close();
  }
}
