import type { NotificationResponse } from '@allim/contracts';
import fc from 'fast-check';
import { InboxOrder } from './inbox-order.js';

const notification = (id: number): NotificationResponse => ({
  id,
  userId: 'user-1',
  type: 'SYSTEM',
  title: `${id}`,
  message: '',
  link: null,
  status: 'UNREAD',
  referenceId: null,
  referenceType: null,
  createdAt: '2026-02-06T10:00:00.000Z',
  readAt: null,
});
const ids = (notifications: NotificationResponse[]) => notifications.map(({ id }) => id);
const offer = (order: InboxOrder, id: number) => ids(order.offer(notification(id)));
const fill = (order: InboxOrder, came: number[], completeTo: number) =>
  ids(order.fill({ notifications: came.map(notification), completeTo }));

describe('an inbox in order', () => {
  it('hands out the next one at once', () => {
    const order = new InboxOrder(4);
    expect(offer(order, 5)).toEqual([5]);
    expect(order).toMatchObject({ lastId: 5, gap: false });
  });

  it('drops what was handed out before', () => {
    const order = new InboxOrder(4);
    expect(offer(order, 4)).toEqual([]);
    expect(offer(order, 1)).toEqual([]);
    expect(order).toMatchObject({ lastId: 4, gap: false });
  });

  it('keeps what came too early until the gap is filled', () => {
    const order = new InboxOrder(4);
    expect(offer(order, 7)).toEqual([]);
    expect(order).toMatchObject({ lastId: 4, gap: true });
    expect(offer(order, 8)).toEqual([]);
    expect(fill(order, [5, 6, 7], 7)).toEqual([5, 6, 7, 8]);
    expect(order).toMatchObject({ lastId: 8, gap: false });
  });

  it('goes on by itself when the missing one was only late', () => {
    const order = new InboxOrder(0);
    offer(order, 2);
    expect(offer(order, 1)).toEqual([1, 2]);
    expect(order.gap).toBe(false);
  });

  it('passes over the ids of deleted notifications once the answer covers them', () => {
    const order = new InboxOrder(4);
    offer(order, 9);
    expect(fill(order, [6, 9], 10)).toEqual([6, 9]);
    expect(order).toMatchObject({ lastId: 10, gap: false });
  });

  it('still misses what a cut answer does not cover', () => {
    const order = new InboxOrder(0);
    offer(order, 9);
    expect(fill(order, [1, 2], 2)).toEqual([1, 2]);
    expect(order).toMatchObject({ lastId: 2, gap: true });
  });

  it('is not set back by an answer that comes late', () => {
    const order = new InboxOrder(0);
    for (const id of [1, 2, 3]) offer(order, id);
    expect(fill(order, [1, 2], 2)).toEqual([]);
    expect(order.lastId).toBe(3);
  });

  it('knows by the counters that something newer exists', () => {
    const order = new InboxOrder(4);
    order.exists(6);
    expect(order.gap).toBe(true);
    order.exists(3);
    expect(offer(order, 5)).toEqual([5]);
    expect(order.gap).toBe(true);
    expect(offer(order, 6)).toEqual([6]);
    expect(order.gap).toBe(false);
  });

  it('counts from lower ids again when the inbox was begun anew', () => {
    const order = new InboxOrder(40);
    offer(order, 42);
    order.restart(3);
    expect(order).toMatchObject({ lastId: 3, gap: false });
    expect(offer(order, 4)).toEqual([4]);
  });

  describe('of an application that holds nothing', () => {
    it('starts where the counters stand', () => {
      const order = new InboxOrder();
      expect(order).toMatchObject({ lastId: undefined, gap: false });
      order.exists(41);
      expect(order).toMatchObject({ lastId: 41, gap: false });
      expect(offer(order, 41)).toEqual([]);
      expect(offer(order, 42)).toEqual([42]);
    });

    it('starts with the first notification when that is faster', () => {
      const order = new InboxOrder();
      expect(offer(order, 42)).toEqual([42]);
      order.exists(42);
      expect(order.gap).toBe(false);
    });
  });

  it('hands out exactly 1..n ascending, whatever is lost, repeated, mixed up, deleted or cut', () => {
    /** Notes how often the way was really bad, so that the property cannot hold for want of trouble. */
    const trouble = { gaps: 0, repeats: 0, cuts: 0 };
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.constant({ do: 'publish' as const }) },
      { weight: 6, arbitrary: fc.record({ do: fc.constant('arrive' as const), at: fc.nat(), again: fc.boolean() }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('lose' as const), at: fc.nat() }) },
      { weight: 1, arbitrary: fc.constant({ do: 'counters' as const }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('ask' as const), size: fc.integer({ min: 1, max: 5 }) }) },
      { weight: 2, arbitrary: fc.nat().map((at) => ({ do: 'answer' as const, at })) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('cut' as const), sent: fc.nat(6) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), at: fc.nat() }) },
    );

    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), fc.nat(5), (steps, start) => {
        const order = new InboxOrder(start);
        let committed = start;
        const deleted = new Set<number>();
        const underWay: number[] = [];
        const asked: { notifications: NotificationResponse[]; completeTo: number }[] = [];
        const handedOut: number[] = [];
        const handOut = (ready: NotificationResponse[]) => handedOut.push(...ids(ready));
        const rows = (afterId: number) =>
          Array.from({ length: committed - afterId }, (_, i) => afterId + 1 + i).filter((id) => !deleted.has(id));
        const after = (afterId: number, size: number) => {
          const all = rows(afterId);
          const sent = all.slice(0, size);
          return { notifications: sent.map(notification), completeTo: all.length > size ? sent.at(-1)! : committed };
        };

        for (const next of steps) {
          if (next.do === 'publish') underWay.push(++committed);
          if (next.do === 'arrive' && underWay.length > 0) {
            const at = next.at % underWay.length;
            const id = underWay[at]!;
            if (!next.again) underWay.splice(at, 1);
            if (id <= order.lastId!) trouble.repeats++;
            handOut(order.offer(notification(id)));
          }
          if (next.do === 'lose' && underWay.length > 0) underWay.splice(next.at % underWay.length, 1);
          if (next.do === 'counters') order.exists(committed);
          if (next.do === 'ask') asked.push(after(order.lastId!, next.size));
          if (next.do === 'answer' && asked.length > 0) {
            handOut(order.fill(asked.splice(next.at % asked.length, 1)[0]!));
          }
          if (next.do === 'cut') {
            // The old connection's messages are gone; the new one's catch-up breaks off as well.
            trouble.cuts++;
            underWay.length = 0;
            for (const id of rows(order.lastId!).slice(0, next.sent)) handOut(order.offer(notification(id)));
          }
          if (next.do === 'delete' && committed > 0) deleted.add(1 + (next.at % committed));
          if (order.gap) trouble.gaps++;
        }

        order.exists(committed);
        while (order.gap) handOut(order.fill(after(order.lastId!, 3)));

        expect(order.lastId).toBe(committed);
        expect(handedOut).toEqual([...new Set(handedOut)].sort((a, b) => a - b));
        expect(handedOut.every((id) => id > start && id <= committed)).toBe(true);
        const missed = rows(start).filter((id) => !handedOut.includes(id));
        expect(missed).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
    expect(Math.min(trouble.gaps, trouble.repeats, trouble.cuts)).toBeGreaterThan(100);
  });
});
