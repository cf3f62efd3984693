import { DataError } from '@allim/catalogue';
import { type KafkaRecord } from '@allim/kafka';
import {
  DatabaseDown,
  DataRefused,
  type Draft,
  type Intake,
  type Requeue,
  type Requeued,
  type Saved,
} from '@allim/store';
import { Registry } from 'prom-client';
import { EventsController } from './events.controller.js';
import { EventMetrics } from './metrics.js';

/** A controller whose intake answers `saved` for every notification, and its queue `requeued`; what happens is told in its order. */
function controller(
  saved: (one: Draft, index: number) => Saved,
  {
    users = [],
    requeued = () => 'queued',
  }: { users?: string[]; requeued?: (one: Requeue, index: number) => Requeued } = {},
) {
  const told: string[] = [];
  const registry = new Registry();
  const intake = {
    save: async (batch: Draft[]) => {
      told.push(`save ${batch.length}`);
      return batch.map(saved);
    },
  } as Intake;
  const subscriptions = {
    subscribersOf: async (_topic: string, after: string, limit: number) =>
      users.filter((user) => user > after).slice(0, limit),
  };
  const hints = {
    publish: ({ notifications, positions, announcements }: Record<string, unknown[]>) =>
      told.push(`hint ${notifications?.length} ${positions?.length} ${announcements?.length}`),
  };
  return {
    told,
    controller: new EventsController(
      intake,
      {
        requeue: async (requeues) => {
          told.push(`requeue ${requeues.length}`);
          return requeues.map(requeued);
        },
      },
      {
        wake: (lanes = []) =>
          told.push(['wake', ...lanes.map(({ channel, priority }) => `${channel}.${priority}`)].join(' ')),
      },
      subscriptions as never,
      hints as never,
      new EventMetrics(registry),
      (point) => told.push(point),
    ),
    latencies: async () => {
      const metric = await registry.getSingleMetric('allim_consumer_event_latency_seconds')?.get();
      return metric?.values.find((one) => 'metricName' in one && String(one.metricName).endsWith('_count'))?.value;
    },
    outcomes: async () => {
      const metric = await registry.getSingleMetric('allim_consumer_events_total')?.get();
      return Object.fromEntries(metric?.values.map(({ labels, value }) => [labels.outcome, value]) ?? []);
    },
  };
}

const record = (topic: string, event: object): KafkaRecord => ({
  topic,
  partition: 0,
  offset: '1',
  key: null,
  value: Buffer.from(JSON.stringify(event)),
  headers: {},
  timestamp: '0',
  timestampType: 'CreateTime',
});
const order = (orderNumber: string) =>
  record('shopping.order.created', { orderNumber, userId: 'u', totalAmount: 1, itemCount: 1 });
const replay = { id: 'job-1', count: 1, group: 'allim-email-normal', firstFailedAt: null };
const command = (): KafkaRecord => ({
  ...record('allim.delivery.email.normal', { deliveryId: '0199c1d5-0000-7000-8000-000000000001', channel: 'email' }),
  replay,
});
const fresh = { kind: 'new', message: {}, deliveries: [] } as unknown as Saved;

describe('EventsController', () => {
  it('saves a batch at once, then tells, and answers a verdict for each in order', async () => {
    const kinds: Saved[] = [
      fresh,
      { kind: 'duplicate' },
      { kind: 'redelivered', position: { userId: 'u', lastId: 1, unread: 1, unseen: 1 } },
      { kind: 'refused', error: new DataRefused('too wide') },
    ];
    const one = controller((_, index) => kinds[index]!);
    const verdicts = await one.controller.handle([
      order('1'),
      record('shopping.order.created', {}),
      order('2'),
      order('3'),
      order('4'),
    ]);
    expect(verdicts.map((verdict) => (verdict.kind === 'dead' ? verdict.error.errorClass : verdict.kind))).toEqual([
      'done',
      'bad-schema',
      'done',
      'done',
      'refused',
    ]);
    expect(one.told).toEqual(['planned', 'save 4', 'saved', 'hint 1 1 0', 'hinted']);
    expect(await one.outcomes()).toEqual({ saved: 1, duplicate: 1, redelivered: 1, dead: 2 });
  });

  it('asks to be called again when the database is down, and tells nobody', async () => {
    const one = controller(() => {
      throw new DatabaseDown('gone');
    });
    await expect(one.controller.handle([order('1')])).rejects.toMatchObject({ name: 'InfrastructureDown' });
    expect(one.told).toEqual(['planned', 'save 1']);
    expect(await one.outcomes()).toEqual({});
  });

  it('wakes the dispatcher after the commit of something that is to be sent, and only then', async () => {
    const told = async (saved: Saved) => {
      const one = controller(() => saved);
      await one.controller.handle([order('1')]);
      return one.told.filter((what) => what !== 'planned' && what !== 'hinted');
    };
    const delivering = (...states: string[]) => {
      const channels = ['email', 'push'];
      const deliveries = states.map((state, nth) => ({ channel: channels[nth], priority: 'low', state, reason: null }));
      return { ...fresh, deliveries } as unknown as Saved;
    };
    expect(await told(delivering('skipped', 'queued'))).toEqual(['save 1', 'saved', 'wake push.low', 'hint 1 0 0']);
    expect(await told(delivering('skipped', 'skipped'))).toEqual(['save 1', 'saved', 'hint 1 0 0']);
    expect(await told({ kind: 'duplicate' })).toEqual(['save 1', 'saved', 'hint 0 0 0']);
  });

  it('names the data error by which a text in the language of its reader was refused', async () => {
    const cause = new DataError('too-long', 'x: title: expected at most 255 characters');
    const one = controller(() => ({ kind: 'refused', error: new DataRefused(cause.message, { cause }) }));
    expect(await one.controller.handle([order('1')])).toMatchObject([
      { kind: 'dead', error: { errorClass: 'too-long' } },
    ]);
  });

  it('measures no latency of what is replayed: it may have failed days ago', async () => {
    const one = controller(() => fresh);
    const timestamp = String(Date.now());
    await one.controller.handle([
      { ...order('1'), timestamp },
      { ...order('2'), timestamp, replay },
    ]);
    expect(await one.outcomes()).toEqual({ saved: 2 });
    expect(await one.latencies()).toBe(1);
  });

  it('has deliveries of replayed commands sent again, and answers in order among events', async () => {
    const answers: Requeued[] = ['queued', 'known', 'not-undeliverable', 'unknown-delivery', 'sending'];
    const one = controller(() => fresh, { requeued: (_, index) => answers[index]! });
    const bad = { ...command(), value: Buffer.from('{}') };
    const verdicts = await one.controller.handle([command(), order('1'), command(), bad, ...Array(3).fill(command())]);
    expect(verdicts.map((verdict) => (verdict.kind === 'dead' ? verdict.error.errorClass : verdict.kind))).toEqual([
      'done',
      'done',
      'done',
      'bad-command',
      'done',
      'done',
      'in-hand',
    ]);
    expect(one.told).toEqual(['planned', 'save 1', 'saved', 'hint 1 0 0', 'hinted', 'requeue 5', 'wake']);
    expect(await one.outcomes()).toEqual({
      saved: 1,
      queued: 1,
      known: 1,
      'not-undeliverable': 1,
      'unknown-delivery': 1,
      dead: 2,
    });
  });

  it('wakes nobody for a replay that makes nothing due', async () => {
    const one = controller(() => fresh, { requeued: () => 'known' });
    await one.controller.handle([command()]);
    expect(one.told).not.toContain('wake');
  });

  it('lets any other error out as it is', async () => {
    const one = controller(() => {
      throw new TypeError('bug');
    });
    await expect(one.controller.handle([order('1')])).rejects.toThrow(TypeError);
  });

  it('takes a broadcast in page by page and announces it once, after the last', async () => {
    const users = Array.from({ length: 501 }, (_, n) => `user-${String(n).padStart(3, '0')}`);
    const one = controller(() => fresh, { users });
    await one.controller.handle([record('shopping.timedeal.started', { timeDealId: 1, timeDealName: 'x' })]);
    expect(one.told.filter((what) => /^(save|hint) /.test(what))).toEqual([
      'save 0',
      'hint 0 0 0',
      'save 500',
      'hint 500 0 0',
      'save 1',
      'hint 1 0 0',
      'hint 0 0 1',
    ]);
    expect(await one.outcomes()).toEqual({ saved: 1 });
  });

  it('does not announce again what had been told by another record', async () => {
    const one = controller(() => ({ kind: 'duplicate' }), { users: ['a'] });
    await one.controller.handle([record('shopping.timedeal.started', { timeDealId: 1, timeDealName: 'x' })]);
    expect(one.told).not.toContain('hint 0 0 1');
    expect(await one.outcomes()).toEqual({ duplicate: 1 });
  });
});
