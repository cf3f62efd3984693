import { randomUUIDv7 } from 'node:crypto';
import { type FcmFault, type FcmOptions, type FcmServer, serviceAccount, startFcmServer } from '@allim/mailbox';
import { tokenHash } from '@allim/store';
import { type Arena } from '../arena.js';
import { type FaultTest, type Figure, type Length } from '../fault-test.js';
import { type Random } from '../random.js';
import { type OutcomeKind } from './attempt-checker.js';
import { ChannelRun, type Planned } from './channel-run.js';

/** What FCM answers to the first push of a delivery; and what happens while it thinks. */
interface PushFaultCase {
  name: string;
  answer: FcmFault;
  meanwhile?: (devices: Devices, push: PlannedPush) => Promise<void>;
  outcomes: Planned['outcomes'];
  /** How often FCM is asked; by default once for each attempt. */
  offers?: number;
  taken?: number;
  /** Milliseconds in which FCM does not want to be asked again. */
  notBeforeMs?: number;
  /** It waits so long that a short run leaves it in the queue. */
  waits?: true;
}

interface PlannedPush extends Planned {
  token: string;
}

const accepted = ['accepted'] as const;
const kindOf = (kind: OutcomeKind) => ({ outcomes: kind === 'permanent' ? [[kind]] : [[kind], accepted] });
const refused = (error: Extract<FcmFault, { error: unknown }>['error'], more: object = {}): FcmFault => ({
  error,
  ...more,
});

const retryAfterMs = 3_000;
/** FCM's own rule where it names no time. */
const quotaMs = 60_000;

/** The table of deliveries.md, row by row, and what a network does. */
const pushFaults: readonly PushFaultCase[] = [
  { name: 'UNREGISTERED', answer: refused('UNREGISTERED'), ...kindOf('permanent') },
  {
    name: 'UNREGISTERED, a new token meanwhile',
    answer: refused('UNREGISTERED'),
    meanwhile: (devices, { user, token }) => devices.register(user, `${token}-new`),
    ...kindOf('permanent'),
  },
  {
    name: 'UNREGISTERED, the same token again meanwhile',
    answer: refused('UNREGISTERED'),
    meanwhile: (devices, { user, token }) => devices.register(user, token),
    ...kindOf('permanent'),
  },
  {
    name: 'UNREGISTERED, by somebody else meanwhile',
    answer: refused('UNREGISTERED'),
    meanwhile: (devices, { user, token }) => devices.register(`${user}-2`, token),
    ...kindOf('permanent'),
  },
  {
    name: 'UNREGISTERED, another value in its place meanwhile',
    answer: refused('UNREGISTERED'),
    meanwhile: (devices, { token }) => devices.replace(token, `${token}-other`),
    ...kindOf('permanent'),
  },
  { name: 'INVALID_ARGUMENT', answer: refused('INVALID_ARGUMENT'), ...kindOf('permanent') },
  {
    name: 'INVALID_ARGUMENT of the payload',
    answer: refused('INVALID_ARGUMENT', { field: 'message.data[link]' }),
    ...kindOf('permanent'),
  },
  {
    name: 'INVALID_ARGUMENT of the token',
    answer: refused('INVALID_ARGUMENT', { field: 'message.token' }),
    ...kindOf('permanent'),
  },
  { name: 'SENDER_ID_MISMATCH', answer: refused('SENDER_ID_MISMATCH'), ...kindOf('permanent') },
  {
    name: 'QUOTA_EXCEEDED, Retry-After',
    answer: refused('QUOTA_EXCEEDED', { retryAfter: retryAfterMs / 1000 }),
    notBeforeMs: retryAfterMs,
    ...kindOf('temporary'),
  },
  {
    name: 'QUOTA_EXCEEDED',
    answer: refused('QUOTA_EXCEEDED'),
    notBeforeMs: quotaMs,
    waits: true,
    ...kindOf('temporary'),
  },
  {
    name: 'UNAVAILABLE, Retry-After',
    answer: refused('UNAVAILABLE', { retryAfter: retryAfterMs / 1000 }),
    notBeforeMs: retryAfterMs,
    ...kindOf('temporary'),
  },
  { name: 'UNAVAILABLE, Retry-After as a date', answer: refused('UNAVAILABLE'), ...kindOf('temporary') },
  { name: 'UNAVAILABLE', answer: refused('UNAVAILABLE'), ...kindOf('temporary') },
  {
    name: 'INTERNAL, Retry-After',
    answer: refused('INTERNAL', { retryAfter: retryAfterMs / 1000 }),
    notBeforeMs: retryAfterMs,
    ...kindOf('temporary'),
  },
  { name: 'INTERNAL', answer: refused('INTERNAL'), ...kindOf('temporary') },
  { name: 'a proxy’s 502', answer: { status: 502, body: '<html>Bad Gateway</html>' }, ...kindOf('temporary') },
  { name: 'reset, taken', answer: { reset: true }, taken: 2, ...kindOf('ambiguous') },
  { name: 'reset, not taken', answer: { reset: true, keep: false }, taken: 1, ...kindOf('ambiguous') },
  { name: 'time-out, taken', answer: { hang: true }, taken: 2, ...kindOf('ambiguous') },
  { name: 'time-out, not taken', answer: { hang: true, keep: false }, taken: 1, ...kindOf('ambiguous') },
  {
    name: 'UNAVAILABLE, its device is somebody else’s by then',
    answer: refused('UNAVAILABLE', { retryAfter: 1 }),
    meanwhile: (devices, { user, token }) => devices.register(`${user}-2`, token),
    outcomes: [['temporary'], ['permanent']],
    offers: 1,
    notBeforeMs: 1_000,
    taken: 0,
  },
];

const sizes = {
  short: { times: 3, sends: 200, outages: 4, budgetMs: 5_000, probeMs: 1_000, limitMs: 90_000 },
  full: { times: 40, sends: 5_000, outages: 20, budgetMs: 60_000, probeMs: 5_000, limitMs: 900_000 },
};

export const fcmFaults: FaultTest = {
  name: 'fcm-faults',
  fault: `${pushFaults.length} answers of FCM to single pushes, 40 times each among 5,000, and three ways in which nobody gets an answer`,
  async run(arena, length) {
    const size = sizes[length];
    const fcm = await FaultyFcm.open(arena);
    const run = await ChannelRun.open(arena, 'push', {
      FCM_SERVICE_ACCOUNT: JSON.stringify(await serviceAccount(fcm.url)),
      FCM_ENDPOINT: fcm.url,
      SEND_TIMEOUT_MS: String(size.budgetMs),
      BREAKER_PROBE_MS: String(size.probeMs),
    });
    fcm.run = run;
    const devices = new Devices(run);
    fcm.devices = devices;

    const pushes = planPushes(arena.random.branch('order'), length);
    for (const { user, token, fault } of pushes) {
      devices.expect(user, token);
      // Beside it another one of the same person, and one that differs by a letter's case only.
      if (fault !== 'none')
        await Promise.all([`${token}-beside`, token.toUpperCase()].map((other) => devices.register(user, other)));
    }
    fcm.expect(pushes);
    await run.plan(pushes);
    await run.settle('every push concluded', size.limitMs);

    // Whose device is forgotten gets nothing more, and nobody is asked.
    const gone = pushes.filter(({ fault }) => fault === 'UNREGISTERED');
    const late = gone.map(({ user, token }) =>
      push('to a forgotten device', [['permanent']], { user, token, offers: 0, taken: 0 }),
    );
    await run.plan(late, { register: false });
    await run.settle('nothing for forgotten devices', size.limitMs);

    for (const { name, begin, end } of fcm.outages()) {
      const cases = Array.from({ length: size.outages }, () => push(name, [accepted], { outage: true, taken: 1 }));
      for (const { user, token } of cases) devices.expect(user, token);
      const { outages: times, probeMs, limitMs } = size;
      await run.outage(name, cases, { times, probeMs, limitMs, begin, end });
    }
    fcm.collect();
    return {
      figures: [...(await run.judge({ budgetMs: size.budgetMs })), ...(await devices.judge(pushes))],
      proofs: [
        { name: 'pushes', value: pushes.length, atLeast: size.sends },
        { name: 'faults that pushes met', value: fcm.hits, atLeast: pushFaults.length * size.times },
        { name: 'devices forgotten', value: devices.forgotten, atLeast: size.times },
        {
          name: 'attempts during outages',
          value: Math.min(...arena.history.all('fault').map(({ during }) => during)),
          atLeast: size.outages,
        },
      ],
    };
  },
};

function push(fault: string, outcomes: Planned['outcomes'], rest: Partial<PlannedPush> = {}): PlannedPush {
  const delivery = randomUUIDv7();
  const state = outcomes.at(-1)?.[0] === 'permanent' ? 'undeliverable' : 'accepted';
  return {
    delivery,
    user: `user-${delivery}`,
    token: `token-${delivery}`,
    fault,
    outcomes,
    outage: false,
    state,
    ...rest,
  };
}

function planPushes(random: Random, length: Length): PlannedPush[] {
  const { times, sends } = sizes[length];
  const faulty = pushFaults.flatMap(({ name, outcomes, offers = outcomes.length, taken, waits }) =>
    Array.from({ length: times }, () =>
      waits && length === 'short'
        ? push(name, outcomes.slice(0, 1), { state: 'queued', offers: 1, taken: 0 })
        : push(name, outcomes, { offers, taken }),
    ),
  );
  const good = Array.from({ length: sends - faulty.length }, () => push('none', [accepted], { offers: 1, taken: 1 }));
  return [...faulty, ...good]
    .map((one) => ({ one, place: random.next() }))
    .toSorted((first, second) => first.place - second.place)
    .map(({ one }) => one);
}

/** Who has registered which device, and which of them must be there at the end. */
class Devices {
  forgotten = 0;
  private readonly registered = new Map<string, string>();

  constructor(private readonly run: ChannelRun) {}

  async register(user: string, token: string): Promise<void> {
    this.expect(user, token);
    await this.run.devices.put(user, token, { platform: 'android', appVersion: null });
  }

  expect(user: string, token: string): void {
    this.registered.set(token, user);
  }

  /** As if the row of a device had been given another value: what is deleted is a value, not a row. */
  async replace(token: string, other: string): Promise<void> {
    this.registered.set(other, this.registered.get(token) ?? '');
    await this.run.sql('UPDATE device SET token = ? WHERE token_hash = ?', [other, tokenHash(token)]);
  }

  /** UNREGISTERED, and the one INVALID_ARGUMENT that names the token, take that very value; nothing else takes any. */
  async judge(pushes: readonly PlannedPush[]): Promise<Figure[]> {
    const dead = pushes.filter(
      ({ fault }) => fault.startsWith('UNREGISTERED') || fault === 'INVALID_ARGUMENT of the token',
    );
    for (const { token } of dead) this.registered.delete(token);
    const rows = await this.run.sql<{ token: string; user_id: Buffer }>('SELECT token, user_id FROM device');
    const there = new Map(rows.map(({ token, user_id }) => [token, String(user_id)]));
    this.forgotten = dead.filter(({ token }) => !there.has(token)).length;
    const gone = [...this.registered].filter(([token, user]) => there.get(token) !== user);
    const left = [...there.keys()].filter((token) => !this.registered.has(token));
    for (const [token] of gone.slice(0, 5)) console.error(`forgotten: ${token}, or somebody else’s`);
    for (const token of left.slice(0, 5)) console.error(`not forgotten: ${token}`);
    return [
      { name: 'devices forgotten without reason', value: gone.length, atMost: 0 },
      { name: 'dead devices that are left', value: left.length, atMost: 0 },
    ];
  }
}

/** FCM, as it answers by plan; it writes down what it is asked. */
class FaultyFcm {
  run?: ChannelRun;
  devices?: Devices;
  hits = 0;
  private readonly faults = new Map<string, { fault: PushFaultCase; push: PlannedPush }>();
  private everybody: FcmFault | undefined;

  private constructor(private server: FcmServer) {}

  static async open(arena: Arena): Promise<FaultyFcm> {
    const fcm = new FaultyFcm(await startFcmServer({ keep }));
    fcm.play();
    arena.onClose(() => fcm.server.stop());
    return fcm;
  }

  get url(): string {
    return this.server.url;
  }

  private play(): void {
    this.server.play(({ message }) => this.asked(String(message.data?.deliveryId)));
  }

  expect(pushes: readonly PlannedPush[]): void {
    const faults = new Map(pushFaults.map((fault) => [fault.name, fault]));
    for (const one of pushes) {
      const fault = faults.get(one.fault);
      if (fault) this.faults.set(one.delivery, { fault, push: one });
    }
  }

  private async asked(delivery: string): Promise<FcmFault | undefined> {
    const at = Date.now();
    const planned = this.faults.get(delivery);
    this.faults.delete(delivery);
    if (!planned) {
      this.run?.offers.push({ delivery, at, notBefore: null });
      return this.everybody;
    }
    const { fault, push } = planned;
    this.hits += 1;
    if (this.devices) await fault.meanwhile?.(this.devices, push);
    // A date knows no milliseconds.
    const date = new Date(Math.ceil((at + retryAfterMs) / 1000) * 1000);
    const dated = fault.name.endsWith('as a date');
    const notBefore = dated ? date.getTime() : fault.notBeforeMs === undefined ? null : at + fault.notBeforeMs;
    this.run?.offers.push({ delivery, at, notBefore });
    return dated && 'error' in fault.answer ? { ...fault.answer, retryAfter: date.toUTCString() } : fault.answer;
  }

  /** What keeps everybody's push from being sent, how it begins and how it ends. */
  outages(): readonly { name: string; begin: () => unknown; end: () => unknown }[] {
    return [
      {
        name: 'THIRD_PARTY_AUTH_ERROR',
        begin: () => {
          this.everybody = { error: 'THIRD_PARTY_AUTH_ERROR' };
        },
        end: () => {
          this.everybody = undefined;
        },
      },
      {
        name: 'credentials refused',
        begin: async () => {
          await this.stop();
          await this.start({ onlyIssuedTokens: true }); // none of those it gave out before
          this.server.refuseAccounts(true);
        },
        end: () => this.server.refuseAccounts(false),
      },
      { name: 'connection refused', begin: () => this.stop(), end: () => this.start() },
    ];
  }

  private async stop(): Promise<void> {
    this.collect();
    await this.server.stop();
  }

  private async start(options: FcmOptions = {}): Promise<void> {
    this.server = await startFcmServer({ keep, ...options, port: this.server.port });
    this.play();
  }

  /** What was taken since the last time. */
  collect(): void {
    for (const { message } of this.server.pushes()) {
      const delivery = String(message.data?.deliveryId);
      const { collapse_key, collapseKey } = message.android ?? {};
      this.run?.taken.push({ delivery, key: String(collapse_key ?? collapseKey) });
    }
    this.server.kept.clear();
  }
}

const keep = { count: 20_000, bytes: 512 * 1024 * 1024 };
