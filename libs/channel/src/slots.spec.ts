import { Slots } from './slots.js';

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
        await Promise.resolve();
        slots.release(count);
      }),
    );
    expect(most).toBe(3);
    expect(slots.taken).toBe(0);
  });
});
