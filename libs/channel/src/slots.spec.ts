import { RightOfWay, Slots, Turns } from './slots.js';

describe('Slots', () => {
  it('gives what is free, and lets others wait', async () => {
    const slots = new Slots(4);
    expect(await slots.take(3)).toBe(3);
    expect(await slots.take(3)).toBe(1);
    let late = 0;
    const waiting = slots.take(2).then((count) => {
      late = count;
    });
    await Promise.resolve();
    expect(late).toBe(0);
    slots.release();
    await waiting;
    expect(late).toBe(1);
    expect(slots.taken).toBe(4);
  });

  it('takes those together that become free within a moment', async () => {
    const slots = new Slots(10);
    await slots.take(9);
    const taken = slots.take(10);
    slots.release(5);
    expect(await taken).toBe(6);
  });

  it('never gives more than there are', async () => {
    const slots = new Slots(3);
    let most = 0;
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        const count = await slots.take(1);
        most = Math.max(most, slots.taken);
        await new Promise(setImmediate);
        slots.release(count);
      }),
    );
    expect(most).toBe(3);
    expect(slots.taken).toBe(0);
  });
});

describe('Turns', () => {
  it('are so many at a time, in the order in which they were asked for', async () => {
    const turns = new Turns(2);
    const begun: number[] = [];
    const take = async (number: number) => {
      await turns.take();
      begun.push(number);
    };
    const all = Promise.all([1, 2, 3, 4].map(take));
    await Promise.resolve();
    expect(begun).toEqual([1, 2]);
    turns.end();
    turns.end();
    await all;
    expect(begun).toEqual([1, 2, 3, 4]);
    turns.end();
    turns.end();
    await Promise.all([take(5), take(6)]);
    expect(begun).toHaveLength(6);
  });
});

describe('RightOfWay', () => {
  /** Whether others may begin just now. */
  const isClear = (way: RightOfWay) => Promise.race([way.clear().then(() => true), turns(5).then(() => false)]);
  const turns = async (count: number) => {
    for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
  };

  it('keeps others waiting until all that has it is over', async () => {
    const way = new RightOfWay(60_000);
    expect(await isClear(way)).toBe(true);
    way.begin();
    way.begin();
    way.end();
    expect(await isClear(way)).toBe(false);
    const waiting = way.clear();
    way.end();
    await waiting;
    expect(await isClear(way)).toBe(true);
  });

  it('keeps nobody for longer than it may, and holds again for what begins later', async () => {
    const way = new RightOfWay(20);
    way.begin(); // and hangs
    const began = performance.now();
    await way.clear();
    expect(performance.now() - began).toBeGreaterThanOrEqual(19);
    expect(await isClear(way)).toBe(true);
    way.begin();
    expect(await isClear(way)).toBe(false);
    await way.clear();
    way.end();
    way.end();
    expect(await isClear(way)).toBe(true);
  });

  it('keeps nobody out by a long run, however many wait', async () => {
    const way = new RightOfWay(50);
    way.begin();
    const run = setInterval(() => way.begin(), 1);
    const began = performance.now();
    await Promise.all(Array.from({ length: 100 }, () => way.clear())); // one after another it would be 5 s
    expect(performance.now() - began).toBeLessThan(2_500);
    clearInterval(run);
  });

  /** Keeps the event loop busy, as sends do where no provider is waited for. */
  const work = (ms: number) => {
    for (const until = performance.now() + ms; performance.now() < until; );
  };
  const idleMs = async (wait: () => Promise<unknown>) => {
    const before = performance.eventLoopUtilization();
    await wait();
    return performance.eventLoopUtilization(before).idle;
  };

  it('leaves half of the processor to it, while it comes now and then', async () => {
    const way = new RightOfWay(50, 60_000);
    way.begin();
    way.end();
    work(40);
    const first = way.spare().then(() => work(40));
    expect(await idleMs(() => Promise.all([first, way.spare()]))).toBeGreaterThanOrEqual(80);
  });

  it('takes nothing of it otherwise', async () => {
    const way = new RightOfWay(50);
    work(40);
    expect(await idleMs(() => way.spare())).toBe(0);
  });
});
