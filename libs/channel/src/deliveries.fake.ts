import { attemptOfRound, channels, type DeliveryState, movableTo } from '@allim/contracts';
import { type Claimed, type Conclusion, DatabaseDown, type DeliveryReplay, type EndedAttempt } from '@allim/store';
import { type Deliveries } from './deliveries.js';

export interface Row extends Claimed {
  state: DeliveryState;
  dueAt: number;
  holder?: Buffer;
  reason?: string;
  providerMessageId?: string | null;
}

/** Deliveries in memory, for several workers of one process; keeps to what `Deliveries` says. */
export class FakeDeliveries implements Deliveries {
  readonly rows = new Map<string, Row>();
  readonly attempts: (EndedAttempt & { outcome: Conclusion['kind']; held: boolean })[] = [];
  readonly forgotten: string[] = [];
  readonly replays = new Map<string, DeliveryReplay>();
  claims = 0;
  extended = 0;
  isDown = false;
  /** So many claims are done, but their answer is lost. */
  lostClaims = 0;

  add(changes: Partial<Row> & { id: string }): Row {
    const row: Row = {
      userId: 'user-1',
      notificationId: 1,
      channel: 'email',
      attempt: 0,
      priority: 'normal',
      category: 'order',
      text: 'order_created',
      language: 'ko',
      type: 'ORDER_CREATED',
      title: '주문이 접수되었습니다',
      message: '2개 상품',
      link: '/orders/1',
      reference: null,
      params: { itemCount: 2 },
      createdAt: '2026-02-06T10:00:00.000Z',
      address: { name: '김하나', email: 'hana@example.com', phone: null, token: 'token-of-hana' },
      state: 'dispatched',
      dueAt: Date.now() + 600_000,
      ...changes,
    };
    this.rows.set(row.id, row);
    return row;
  }

  state(id: string): DeliveryState | undefined {
    return this.rows.get(id)?.state;
  }

  async claim(ids: readonly string[], holder: Buffer, leaseMs: number): Promise<Claimed[]> {
    this.up();
    this.claims++;
    const claimed = ids.flatMap((id) => {
      const row = this.rows.get(id);
      if (!row) return [];
      const isHeld = row.state === 'sending' && row.holder?.equals(holder) === true && row.dueAt > Date.now();
      if (!isHeld) {
        if (!movableTo('sending').includes(row.state)) return [];
        if (row.state === 'queued' && row.dueAt > Date.now()) return [];
        Object.assign(row, { state: 'sending', attempt: row.attempt + 1, holder });
      }
      row.dueAt = Date.now() + leaseMs;
      const { state: _, dueAt: __, holder: ___, reason: ____, providerMessageId: _____, ...claimed } = row;
      return [claimed];
    });
    if (this.lostClaims-- > 0) throw new DatabaseDown('its answer was lost, for the test');
    return claimed;
  }

  async conclude(one: EndedAttempt, conclusion: Conclusion): Promise<boolean> {
    this.up();
    const row = this.rows.get(one.id);
    const held = row?.state === 'sending' && row.attempt === one.attempt && row.holder?.equals(one.holder) === true;
    this.attempts.push({ ...one, outcome: conclusion.kind, held });
    if (!row || !held) return false;
    Object.assign(row, {
      state: next(row, conclusion.kind),
      attempt: conclusion.kind === 'infrastructure' ? row.attempt - 1 : row.attempt,
      dueAt: 'dueAt' in conclusion ? conclusion.dueAt.getTime() : Date.now(),
      reason: 'reason' in conclusion ? conclusion.reason : undefined,
      providerMessageId: 'providerMessageId' in conclusion ? conclusion.providerMessageId : null,
      holder: undefined,
    });
    return true;
  }

  async extendLease(ids: readonly string[], holder: Buffer, leaseMs: number): Promise<void> {
    this.up();
    const held = ids.filter((id) => this.rows.get(id)?.holder?.equals(holder));
    for (const id of held) this.rows.get(id)!.dueAt = Date.now() + leaseMs;
    this.extended += held.length;
  }

  async forgetDevice(token: string): Promise<void> {
    this.up();
    this.forgotten.push(token);
  }

  async replayOf(id: string): Promise<DeliveryReplay | null> {
    this.up();
    return this.replays.get(id) ?? null;
  }

  private up(): void {
    if (this.isDown) throw new DatabaseDown('down for the test');
  }
}

function next({ channel, attempt }: Row, kind: Conclusion['kind']): DeliveryState {
  if (kind === 'accepted' || kind === 'delivered') return kind;
  if (kind === 'permanent') return 'undeliverable';
  const { attempts, whenAmbiguous } = channels[channel];
  return kind === 'ambiguous' && (whenAmbiguous === 'park' || attemptOfRound(channel, attempt) >= attempts)
    ? 'unknown'
    : 'queued';
}
