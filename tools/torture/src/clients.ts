import { connectInbox, type Inbox } from '@allim/client';
import { SignJWT } from 'jose';
import { type Arena } from './arena.js';
import { until } from './until.js';

const connectWithinMs = 30_000;

/** Connected inboxes, one per user `user-1`, `user-2`, …; what they hand out goes into the history. */
export class Clients {
  private readonly inboxes: Inbox[] = [];
  private readonly got: number[] = [];
  private readonly connected: boolean[] = [];

  /** @param url of the api node for the client with this index */
  static async connect(arena: Arena, count: number, url: (index: number) => string): Promise<Clients> {
    const clients = new Clients();
    arena.onClose(() => clients.close());
    for (let index = 0; index < count; index++) clients.open(arena, index, url(index));
    const ms = await until(() => clients.connected.filter(Boolean).length === count, { withinMs: connectWithinMs });
    if (ms === null) throw new Error(`not all of ${count} clients are connected after ${connectWithinMs} ms`);
    return clients;
  }

  private open(arena: Arena, index: number, url: string): void {
    const user = `user-${index + 1}`;
    const client = `client-${index + 1}`;
    arena.history.add({ kind: 'client', client, user });
    this.got[index] = 0;
    this.inboxes[index] = connectInbox({
      url,
      token: () => token(user, arena.secret),
      lastId: 0,
      reconnect: { minMs: 50, maxMs: 500 },
      onConnection: (state) => {
        this.connected[index] = state === 'connected';
      },
      onNotification: ({ id, referenceId }) => {
        this.got[index] = (this.got[index] ?? 0) + 1;
        arena.history.add({ kind: 'received', client, id, event: referenceId ?? '' });
      },
    });
  }

  /** Waits until the clients have been handed as many notifications as their inboxes hold; the history says when. */
  async caughtUp(arena: Arena, limitMs: number): Promise<number | null> {
    const rows = await arena.savedRows();
    const ms = await until(() => this.received >= rows, { withinMs: limitMs });
    arena.history.add({ kind: 'recovered', what: 'every client caught up', ms, limitMs });
    return ms;
  }

  get received(): number {
    return this.got.reduce((sum, one) => sum + one, 0);
  }

  close(): void {
    for (const inbox of this.inboxes) inbox.close();
  }
}

function token(user: string, secret: string): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setIssuedAt()
    .setExpirationTime('1 h')
    .sign(new TextEncoder().encode(secret));
}
