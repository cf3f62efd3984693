import { type Person, stranger } from '@allim/contracts';
import { type KafkaRecord } from '@allim/kafka';
import { plan as planAt } from './plan.js';

const record = (topic: string, event: object | null): KafkaRecord => ({
  topic,
  partition: 2,
  offset: '17',
  key: null,
  value: event && Buffer.from(JSON.stringify(event)),
  headers: {},
  timestamp: '0',
  timestampType: 'CreateTime',
});
const deliveryId = '0199c1d5-0000-7000-8000-000000000001';
const replay = { id: 'job-1', count: 2, group: 'allim-push-high', firstFailedAt: new Date(0) };
const order = { orderNumber: 'ORD-1', userId: 'user-1', totalAmount: 45_000, itemCount: 2 };

const now = new Date('2026-02-06T05:00:00.000Z');
const plan = (one: KafkaRecord) => planAt(one, now);
/** The notification of a record, in the words for this person. */
const worded = (one: KafkaRecord, person?: Person) => {
  const planned = plan(one);
  return planned.kind === 'notify' ? { ...planned.notification, ...planned.notification.word(person) } : planned;
};
const device = Buffer.alloc(32, 7);
const kim: Person = { ...stranger('user-1'), language: 'en', hasEmail: true, devices: [device] };

describe('plan', () => {
  it('makes a notification of an event, with the record as its origin', () => {
    expect(worded(record('shopping.order.created', order))).toEqual({
      identity: expect.any(Buffer),
      userId: 'user-1',
      type: 'ORDER_CREATED',
      title: expect.any(String),
      message: expect.any(String),
      link: '/shopping/orders/ORD-1',
      reference: { type: 'order', id: 'ORD-1' },
      params: expect.any(String),
      origin: { topic: 'shopping.order.created', partition: 2, offset: '17' },
      introduces: null,
      word: expect.any(Function),
    });
  });

  it('speaks the language of whom it knows, and plans what leaves the house for them', () => {
    expect(worded(record('shopping.order.created', order), kim)).toMatchObject({
      title: expect.stringMatching(/^[ -~]+$/),
      deliveries: [
        { id: expect.any(Buffer), channel: 'email', state: 'queued', language: 'en', dueAt: now },
        { id: expect.any(Buffer), channel: 'push', target: device, state: 'queued', dueAt: now },
      ],
    });
  });

  it('says of whom it knows why nothing leaves the house', () => {
    expect(worded(record('shopping.order.created', order), stranger('user-1'))).toMatchObject({
      deliveries: [
        { channel: 'email', state: 'skipped', reason: 'no-address' },
        { channel: 'push', state: 'skipped', reason: 'no-device' },
      ],
    });
  });

  it('introduces who signs up, and welcomes them by the address the event tells', () => {
    const signUp = { userId: 'user-1', email: 'kim@example.com', name: '김' };
    expect(worded(record('user-signup', signUp))).toMatchObject({
      introduces: { userId: 'user-1', email: 'kim@example.com', name: '김' },
      deliveries: expect.arrayContaining([expect.objectContaining({ channel: 'email', state: 'queued' })]),
    });
  });

  it('gives the same fact the same identity wherever it lies, and another one to its cancellation', () => {
    const identity = (one: KafkaRecord) => {
      const planned = plan(one);
      return planned.kind === 'notify' && planned.notification.identity.toString('hex');
    };
    const created = record('shopping.order.created', order);
    expect(identity({ ...created, partition: 0, offset: '99' })).toBe(identity(created));
    expect(identity(record('shopping.order.cancelled', order))).not.toBe(identity(created));
  });

  it('plans a broadcast for whoever subscribes', () => {
    const planned = plan(record('shopping.timedeal.started', { timeDealId: 1, timeDealName: '특가' }));
    expect(planned).toMatchObject({ kind: 'broadcast', topic: 'timedeal' });
    const users = planned.kind === 'broadcast' ? ['a', 'b'].map(planned.forUser) : [];
    expect(users[0]?.word({ ...kim, userId: 'a' }).title).not.toBe(users[1]?.word(undefined).title);
    expect(users.map(({ userId }) => userId)).toEqual(['a', 'b']);
    expect(users[0]?.identity.equals(users[1]!.identity)).toBe(false);
  });

  it('tells nobody of what they did themselves', () => {
    const like = { likeId: 1, postId: 1, postTitle: 't', authorId: 'me', likerId: 'me', likerName: 'Me' };
    expect(plan(record('blog.post.liked', like))).toEqual({ kind: 'nobody' });
  });

  it('has the delivery of a replayed command sent again, under what it failed as', () => {
    const failed = record('allim.delivery.push.high', { deliveryId: deliveryId.toUpperCase(), channel: 'push' });
    expect(plan({ ...failed, timestamp: '1770372000000', replay })).toEqual({
      kind: 'resend',
      requeue: {
        deliveryId,
        original: {
          topic: 'allim.delivery.push.high',
          partition: 2,
          offset: '17',
          timestamp: new Date(1770372000000),
          timestampType: 'CreateTime',
          group: 'allim-push-high',
        },
        replay: { id: 'job-1', count: 2 },
        firstFailedAt: new Date(0),
      },
    });
    expect(plan({ ...failed, timestamp: '-1', replay })).toMatchObject({ requeue: { original: { timestamp: null } } });
  });

  it.each<[string, string | null]>([
    ['bad-command', null],
    ['bad-command', '{'],
    ['bad-command', '{"deliveryId":"1","channel":"push"}'],
    ['wrong-channel', JSON.stringify({ deliveryId, channel: 'email' })],
  ])('refuses a replayed command as %s: %j', (errorClass, value) => {
    const failed = { ...record('allim.delivery.push.high', null), value: value === null ? null : Buffer.from(value) };
    expect(plan({ ...failed, replay })).toMatchObject({ kind: 'refuse', error: { errorClass, stack: '' } });
  });

  it('takes a command that is no replay, and a replayed event, for what they are', () => {
    const command = record('allim.delivery.push.high', { deliveryId, channel: 'push' });
    expect(plan(command)).toMatchObject({ kind: 'refuse', error: { errorClass: 'unknown-topic' } });
    expect(plan({ ...record('shopping.order.created', order), replay })).toMatchObject({ kind: 'notify' });
  });

  it('refuses what is wrong with its class', () => {
    expect(plan(record('shopping.order.created', null))).toMatchObject({
      kind: 'refuse',
      error: { errorClass: 'empty' },
    });
    expect(plan(record('shopping.order.created', {}))).toMatchObject({
      kind: 'refuse',
      error: { errorClass: 'bad-schema' },
    });
    expect(plan(record('elsewhere', order))).toMatchObject({ kind: 'refuse', error: { errorClass: 'unknown-topic' } });
  });
});
