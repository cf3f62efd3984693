import { type Random } from './random.js';

/** One record to be produced. */
export interface Send {
  topic: string;
  user: string;
  event: string;
  value: string;
}

/** Two streams, so that every user's inbox is fed from two partitions at once. */
export const streams = ['shopping.order.created', 'shopping.order.cancelled'] as const;

export interface Size {
  events: number;
  users: number;
  /** Share of the events that are produced a second time, later. */
  twice?: number;
  /** Number of the first event, so that rounds do not repeat each other. */
  first?: number;
}

/** What is produced, in its order. */
export function workload(random: Random, { events, users, twice = 0, first = 0 }: Size): Send[] {
  const sends: { send: Send; place: number }[] = [];
  for (let number = first; number < first + events; number++) {
    const topic = random.pick(streams);
    const user = `user-${random.between(1, users)}`;
    const event = `${topic === streams[0] ? 'created' : 'cancelled'}-${number}`;
    const send = { topic, user, event, value: JSON.stringify(body(event, user)) };
    sends.push({ send, place: number });
    if (random.next() < twice) sends.push({ send, place: number + random.next() * events * 0.2 });
  }
  return sends.toSorted((a, b) => a.place - b.place).map(({ send }) => send);
}

const body = (event: string, user: string) => ({ orderNumber: event, userId: user, totalAmount: 45_000, itemCount: 2 });
