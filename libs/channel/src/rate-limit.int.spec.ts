import { setTimeout as sleep } from 'node:timers/promises';
import { type Priority } from '@allim/contracts';
import { createLogger } from '@allim/platform';
import { useStack, waitFor } from '@allim/testing';
import { type Redis } from 'ioredis';
import { RateLimiter } from './rate-limit.js';
import { openRedis } from './redis.js';

const stack = useStack({ kafka: false, database: false });
const logger = createLogger('spec', 'fatal');
const open: { limiter: RateLimiter; redis: Redis }[] = [];
let keys = 0;

afterEach(async () => {
  await stack.redis.start();
  for (const { limiter, redis } of open.splice(0)) {
    limiter.close();
    redis.disconnect();
  }
});

async function worker(perSecond: number, key = `allim:rate:${keys}`) {
  const redis = openRedis(stack.redisUrl, logger);
  await waitFor(() => redis.status === 'ready', { what: 'Redis' });
  const waits: Priority[] = [];
  const limiter = new RateLimiter({ redis, key, perSecond, logger, onWait: (lane) => waits.push(lane) });
  open.push({ limiter, redis });
  return { limiter, redis, waits };
}

/** Takes until `stop`, or until it is refused for another reason, a few at a time, as senders do; answers when each was used. */
async function sender(limiter: RateLimiter, stop: AbortSignal, log: number[], lane: Priority = 'high') {
  while (!stop.aborted) {
    const grant = await limiter.take(3, lane, stop).catch(() => undefined);
    if (!grant) return; // never again at once: after a test that failed it would take for ever, and hang them all
    if (grant.isFresh()) for (let number = 0; number < grant.count; number++) log.push(performance.now());
  }
}

/** The most uses in any second, wherever it begins. */
function fullest(log: number[]): number {
  const sorted = log.toSorted((one, other) => one - other);
  let most = 0;
  for (let from = 0, to = 0; from < sorted.length; from++) {
    while (to < sorted.length && sorted[to]! < sorted[from]! + 1_000) to++;
    most = Math.max(most, to - from);
  }
  return most;
}

/** What two workers get of a limit while the machine does not stand still: their second would be over. Else anew, under another key. */
async function undisturbed<T>(
  perSecond: number,
  attempt: (one: RateLimiter, other: RateLimiter) => Promise<T>,
): Promise<T> {
  for (; ; keys++) {
    const [one, other] = await Promise.all([worker(perSecond), worker(perSecond)]);
    const began = performance.now();
    const result = await attempt(one.limiter, other.limiter);
    if (performance.now() - began < 500) return result;
  }
}

describe('RateLimiter', () => {
  beforeEach(() => keys++);

  it('gives three workers at once no more than the limit in any second, and most of it', async () => {
    const limit = 50;
    const log: number[] = [];
    const stop = new AbortController();
    const workers = await Promise.all([worker(limit), worker(limit), worker(limit)]);
    const senders = workers.flatMap(({ limiter }) => [1, 2].map(() => sender(limiter, stop.signal, log)));
    await waitFor(() => log.length > limit * 4 && fullest(log) > limit * 0.8, {
      what: 'most of it to be used',
      timeoutMs: 30_000,
    });
    stop.abort();
    await Promise.all(senders);
    expect(fullest(log)).toBeLessThanOrEqual(limit);
    expect(workers[0].waits.length).toBeGreaterThan(0);
  });

  it('keeps the limit while Redis is killed and comes back empty or not, and goes on all the while', async () => {
    const limit = 50;
    const log: number[] = [];
    const stop = new AbortController();
    const workers = await Promise.all([worker(limit), worker(limit), worker(limit)]);
    // One alone has all of it, then the others have what they may, then it begins anew: at no change is anything forgotten.
    const alone = new AbortController();
    const senders = [sender(workers[0].limiter, alone.signal, log)];
    await waitFor(() => log.length > 2 * limit, { what: 'a shared limit in use' });
    await waitFor(() => workers.every(({ limiter }) => limiter.workersSeen === 3), { what: 'all to see each other' });

    await stack.redis.kill();
    alone.abort();
    senders.push(...workers.slice(1).map(({ limiter }) => sender(limiter, stop.signal, log)));
    await waitFor(() => workers.every(({ limiter }) => !limiter.isShared), { what: 'all to find that Redis is gone' });
    const before = log.length;
    // A third of 50 for each of the two, after the moment in which nobody sends.
    await waitFor(() => log.length > before + 60 && fullest(log.slice(before)) > 25, {
      what: 'their shares in use',
      timeoutMs: 30_000,
    });

    await stack.redis.start();
    await workers[0].redis.flushall().catch(() => {});
    await waitFor(() => workers.some(({ limiter }) => limiter.isShared), {
      what: 'one to find that Redis is back',
      everyMs: 1,
    });
    senders.push(sender(workers[0].limiter, stop.signal, log));
    await waitFor(() => workers.every(({ limiter }) => limiter.isShared), { what: 'all to find it' });
    const back = log.length;
    await waitFor(() => log.length > back + 150 && fullest(log.slice(back)) > limit * 0.7, {
      what: 'most of it in use',
      timeoutMs: 30_000,
    });

    stop.abort();
    await Promise.all(senders);
    expect(fullest(log)).toBeLessThanOrEqual(limit);
  });

  it('gives one a second to a worker that has never heard of the others', async () => {
    await stack.redis.kill();
    const redis = openRedis(stack.redisUrl, logger);
    const limiter = new RateLimiter({ redis, key: 'allim:rate:alone', perSecond: 50, logger });
    open.push({ limiter, redis });
    const log: number[] = [];
    const stop = new AbortController();
    const sending = sender(limiter, stop.signal, log);
    await waitFor(() => log.length >= 3, { what: 'three sends' });
    stop.abort();
    await sending;
    expect(fullest(log)).toBe(1);
  });

  it('leaves a part of the limit to what is more urgent, whichever worker has it', async () => {
    const counts = await undisturbed(20, async (flooding, other) => {
      const { count: low } = await flooding.take(100, 'low');
      const { count: normal } = await other.take(100, 'normal');
      const { count: high } = await other.take(100, 'high');
      return { low, normal, high };
    });
    expect(counts).toEqual({ low: 16, normal: 2, high: 2 });
  });

  it('serves the most urgent first of those that wait', async () => {
    const { limiter } = await worker(5);
    await limiter.take(5, 'high');
    const order: string[] = [];
    const low = limiter.take(1, 'low').then(() => order.push('low'));
    const high = limiter.take(5, 'high').then(() => order.push('high'));
    await Promise.all([low, high]);
    expect(order).toEqual(['high', 'low']);
  });

  it('lets others have what is given back', async () => {
    const { count } = await undisturbed(10, async (one, other) => {
      const grant = await one.take(10, 'high');
      grant.giveBack(4);
      return other.take(10, 'high');
    });
    expect(count).toBe(4);
  });

  it('does not grant what was not used in time for ever', async () => {
    const { limiter } = await worker(10);
    const grant = await limiter.take(1, 'high');
    expect(grant.isFresh()).toBe(true);
    await waitFor(() => !grant.isFresh(), { what: 'the grant to go stale', timeoutMs: 1_000 });
  });

  it('counts a send from when it may have arrived, for everyone', async () => {
    const [one, other] = await Promise.all([worker(3), worker(3)]);
    const grant = await one.limiter.take(3, 'high');
    await waitFor(() => !grant.isFresh(), { what: 'a send that takes longer than the grant' });
    await sleep(300);
    const arrived = performance.now();
    for (let number = 0; number < 3; number++) grant.sent(300);
    await other.limiter.take(1, 'high');
    expect(performance.now() - arrived).toBeGreaterThanOrEqual(1_000);
  });

  it('leaves out what every send takes', async () => {
    const { limiter, redis } = await worker(60);
    const grant = await limiter.take(60, 'high');
    await waitFor(() => !grant.isFresh(), { what: 'sends that end later than the grant' });
    const ends = () => redis.zrange(`allim:rate:{${keys}}:grants`, 0, -1, 'WITHSCORES');
    for (let number = 0; number < 50; number++) grant.sent(20_000);
    await redis.ping(); // behind what it was told
    const before = await ends();
    expect(before).toHaveLength(2 * 60);
    grant.sent(20_000);
    await redis.ping();
    expect(await ends()).toEqual(before);
  });

  it('stops waiting when told to, and when it is closed', async () => {
    const { limiter } = await worker(1);
    await limiter.take(1, 'high');
    const stop = new AbortController();
    const told = limiter.take(1, 'high', stop.signal);
    const closed = limiter.take(1, 'high');
    stop.abort(new Error('enough'));
    await expect(told).rejects.toThrow('enough');
    limiter.close();
    await expect(closed).rejects.toThrow('closed');
    await expect(limiter.take(1, 'high')).rejects.toThrow('closed');
  });

  it('lets everything through without a limit', async () => {
    const { limiter } = await worker(0);
    expect((await limiter.take(12_345, 'low')).count).toBe(12_345);
  });
});
