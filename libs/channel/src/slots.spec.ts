import { Slots, Turns } from './slots.js';

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
