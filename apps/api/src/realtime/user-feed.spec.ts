import {
  type CaughtUpMessage,
  type InboxState,
  type NotificationMessage,
  type NotificationResponse,
} from '@allim/contracts';
import { Follower, type Outlet } from './follower.js';
import { pageSize, UserFeed } from './user-feed.js';

const limit = 500;

const row = (id: number): NotificationResponse => ({
  id,
  userId: 'user-1',
  type: 'SYSTEM',
  title: `${id}`,
  message: '',
  link: null,
  status: 'UNREAD',
  referenceId: null,
  referenceType: null,
  createdAt: '2026-02-06T10:00:00Z',
  readAt: null,
});
const hint = (id: number): NotificationMessage => ({ notification: row(id), unread: id, unseen: id });
const upTo = (last: number, first = 1) =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);

class Listener implements Outlet {
  readonly ids: number[] = [];
  readonly states: InboxState[] = [];
  readonly caught: CaughtUpMessage[] = [];
  busy = false;
  notification({ notification }: NotificationMessage): void {
    this.ids.push(notification.id);
  }
  inbox(state: InboxState): void {
    this.states.push(state);
  }
  caughtUp(message: CaughtUpMessage): void {
    this.caught.push(message);
  }
  congested(): boolean {
    return this.busy;
  }
}

/** An inbox as the database has it: committed up to `lastId`, some deleted. */
class Table {
  lastId = 0;
  readonly deleted = new Set<number>();
  get state(): InboxState {
    return { lastId: this.lastId, unread: this.lastId, unseen: this.lastId };
  }
  after(id: number): NotificationResponse[] {
    return upTo(this.lastId, id + 1)
      .filter((one) => !this.deleted.has(one))
      .slice(0, pageSize)
      .map(row);
  }
}

function setUp(lastId?: number, committed = 0) {
  const table = new Table();
  table.lastId = committed;
  const feed = new UserFeed('user-1');
  const join = (from?: number) => {
    const listener = new Listener();
    const follower = new Follower(listener, from);
    feed.followers.add(follower);
    return { listener, follower };
  };
  /** A read; `meanwhile` happens between its state and its rows, and between its rows and their use. */
  const read = (meanwhile: () => void = () => {}) => {
    if (!feed.beginRead()) return;
    const { state } = table;
    meanwhile();
    const from = feed.gapAfter(state, limit);
    const rows = from === null ? [] : table.after(from);
    meanwhile();
    feed.settle(state, from, rows, limit);
  };
  const { listener, follower } = join(lastId);
  return { table, feed, listener, follower, join, read };
}

describe('a user feed', () => {
  it('sends nothing before the state is known, and nothing twice afterwards', () => {
    const { table, feed, listener, read } = setUp(undefined, 4);
    read(() => {
      table.lastId++;
      feed.hint(hint(table.lastId));
    });
    expect(listener.caught).toEqual([{ recovered: true, lastId: 4 }]);
    expect(listener.ids).toEqual([5, 6]);
    expect(feed.isBehind).toBe(false);
  });

  it('holds what came too early until the one before it is there', () => {
    const { feed, listener, read } = setUp();
    read();
    for (const id of [3, 2, 5]) feed.hint(hint(id));
    expect(listener.ids).toEqual([]);
    expect(feed.isBehind).toBe(true);
    feed.hint(hint(1));
    expect(listener.ids).toEqual([1, 2, 3]);
    feed.hint(hint(4));
    expect(listener.ids).toEqual(upTo(5));
    expect(feed.isBehind).toBe(false);
  });

  it('takes deleted ones for holes only when a read says so', () => {
    const { table, feed, listener, read } = setUp();
    read();
    feed.hint(hint(2));
    expect(listener.ids).toEqual([]);
    table.lastId = 3;
    table.deleted.add(1).add(3);
    read();
    expect(listener.ids).toEqual([2]);
    feed.hint(hint(4));
    expect(listener.ids).toEqual([2, 4]);
  });

  it('shares one read between sockets at different places', () => {
    const { table, feed, listener, join, read } = setUp(10, 20);
    const other = join(15).listener;
    const fresh = join().listener;
    read();
    expect(listener.ids).toEqual(upTo(20, 11));
    expect(other.ids).toEqual(upTo(20, 16));
    expect(fresh.ids).toEqual([]);
    feed.hint(hint(++table.lastId));
    for (const one of [listener, other, fresh]) expect(one.ids.at(-1)).toBe(21);
  });

  it('leaves a socket that came during a read to the next one', () => {
    const { table, listener, join, read } = setUp(5, 20);
    let late: Listener | undefined;
    read(() => {
      late ??= join(0).listener;
    });
    expect(listener.ids).toEqual(upTo(20, 6));
    expect(late?.ids).toEqual([]);
    table.lastId = 21;
    read();
    expect(late?.ids).toEqual(upTo(21));
  });

  it('closes a long gap page by page, and waits for a socket that is busy', () => {
    const { feed, listener, join, read } = setUp(0, 250);
    const other = join(0).listener;
    read();
    expect(listener.ids).toEqual(upTo(100));
    listener.busy = true;
    read();
    read();
    expect(other.ids).toEqual(upTo(250));
    expect(listener.ids).toEqual(upTo(100));
    expect(feed.isBehind).toBe(true);
    listener.busy = false;
    read();
    read();
    expect(listener.ids).toEqual(upTo(250));
    expect(listener.caught).toEqual([{ recovered: true, lastId: 250 }]);
  });

  it('gives up on a gap above the limit, on a live socket too', () => {
    const { table, feed, listener, read } = setUp(0, 501);
    read();
    expect(listener.caught).toEqual([{ recovered: false, lastId: 501 }]);
    table.lastId = 1002;
    feed.hear(1002);
    read();
    expect(listener.caught).toHaveLength(2);
    expect(listener.ids).toEqual([]);
    feed.hint(hint(1003));
    expect(listener.ids).toEqual([1003]);
  });

  it('forgets an id that was never there', () => {
    const { feed, read } = setUp(undefined, 3);
    read();
    feed.hint(hint(1_000_000));
    expect(feed.isBehind).toBe(true);
    read();
    expect(feed.isBehind).toBe(false);
  });

  it('keeps a bounded number of early hints, and still sends all', () => {
    const { table, feed, listener, read } = setUp();
    read();
    table.lastId = 300;
    for (const id of upTo(300, 2)) feed.hint(hint(id));
    for (let i = 0; i < 4; i++) read();
    expect(listener.ids).toEqual(upTo(300));
    expect(feed.isBehind).toBe(false);
  });

  it('tells counters that have changed elsewhere, once', () => {
    const { table, feed, listener, read } = setUp(undefined, 2);
    read();
    const state = { ...table.state, unread: 0 };
    feed.compare(table.state);
    feed.compare(state);
    feed.compare(state);
    expect(listener.states).toEqual([table.state, state]);
  });

  it.each(upTo(200))('loses, repeats and reorders nothing, whatever happens (seed %i)', (seed) => {
    const random = sequence(seed);
    const { table, feed, join, read } = setUp(0);
    const listeners = [...feed.followers].map((follower) => ({
      follower,
      from: 0,
      listener: follower.outlet as Listener,
    }));
    const pending: number[] = [];
    const anything = () => {
      const dice = random();
      if (dice < 0.45) {
        pending.push(++table.lastId);
        if (random() < 0.1) table.deleted.add(table.lastId);
      } else if (dice < 0.8 && pending.length > 0) {
        const [id] = pending.splice(random() < 0.7 ? 0 : Math.floor(random() * pending.length), 1);
        if (random() < 0.8) feed.hint(hint(id!)); // else: lost
        if (random() < 0.1) pending.push(id!); // again
      } else if (dice < 0.84 && listeners.length < 8) {
        const from = Math.floor(random() * (table.lastId + 1));
        listeners.push({ ...join(from), from });
      } else {
        const { listener } = listeners[Math.floor(random() * listeners.length)]!;
        listener.busy = random() < 0.3;
      }
    };
    for (let step = 0; step < 300; step++) random() < 0.15 ? read(anything) : anything();
    for (const { listener } of listeners) listener.busy = false;
    feed.hear(table.lastId);
    for (let i = 0; feed.isBehind && i < 20; i++) read();

    for (const { listener, from } of listeners) {
      const missing = upTo(table.lastId, from + 1).filter((id) => !table.deleted.has(id) && !listener.ids.includes(id));
      expect(missing).toEqual([]);
      expect(listener.ids).toEqual([...new Set(listener.ids)].sort((a, b) => a - b));
      expect(listener.ids.every((id) => id > from)).toBe(true);
    }
  });
});

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
