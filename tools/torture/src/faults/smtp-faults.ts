import { randomUUIDv7 } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ConnectionFault,
  type MailFacts,
  type MailFault,
  type SmtpOptions,
  type SmtpScript,
  type SmtpServer,
  startSmtpServer,
} from '@allim/mailbox';
import { type Arena } from '../arena.js';
import { type FaultTest, type Length } from '../fault-test.js';
import { type Random } from '../random.js';
import { ChannelRun, type Planned } from './channel-run.js';
import { cert, key } from './localhost-certificate.js';

interface MailFaultCase {
  name: string;
  /** One for each attempt, then all is well. */
  faults: readonly MailFault[];
  outcomes: Planned['outcomes'];
  /** How often the server takes it, where that is certain. */
  taken?: number;
  fullOnly?: true;
}

const accepted = ['accepted'] as const;
const temporary = (...faults: MailFault[]) => ({
  faults,
  outcomes: [...faults.map(() => ['temporary'] as const), accepted],
  taken: 1,
});
const permanent = (fault: MailFault) => ({ faults: [fault], outcomes: [['permanent'] as const], taken: 0 });
/** Each may have been the one, so it goes out again. */
const ambiguous = (fault: MailFault & { keep?: boolean }) => ({
  faults: [fault],
  outcomes: [['ambiguous'] as const, accepted],
  taken: fault.keep === false ? 1 : 2,
});

/** What a single mail meets, and what that has to be called. */
const mailFaults = (bytesPerSecond: number): readonly MailFaultCase[] => [
  { name: '421', ...temporary({ reply: 421 }) },
  { name: '421 at RCPT', ...temporary({ reply: 421, at: 'to' }) },
  { name: '450', ...temporary({ reply: 450, at: 'to' }) },
  { name: '450 twice', ...temporary({ reply: 450, at: 'to' }, { reply: 450 }), fullOnly: true },
  { name: '451', ...temporary({ reply: 451 }) },
  { name: '452', ...temporary({ reply: 452, at: 'to' }) },
  { name: '550', ...permanent({ reply: 550, at: 'to' }) },
  { name: '552', ...permanent({ reply: 552 }) },
  { name: '554', ...permanent({ reply: 554 }) },
  { name: 'cut before DATA', ...temporary({ cut: 'before-data' }) },
  { name: 'cut after the body, taken', ...ambiguous({ cut: 'after-body' }) },
  { name: 'cut after the body, not taken', ...ambiguous({ cut: 'after-body', keep: false }) },
  { name: 'hang after the body, taken', ...ambiguous({ hang: 'after-body' }) },
  { name: 'hang after the body, not taken', ...ambiguous({ hang: 'after-body', keep: false }) },
  // How far it comes within the budget is the pace's business.
  { name: '1 byte/s', faults: [{ bytesPerSecond }], outcomes: [['temporary', 'ambiguous'], accepted] },
];

/** The connection ends before there is anything to take. */
const endsEarly = (fault: MailFault): boolean =>
  ('cut' in fault && fault.cut === 'before-data') || ('reply' in fault && fault.reply === 421 && fault.at === 'to');

interface ConnectionFaultCase {
  name: string;
  fault?: ConnectionFault;
  /** Over those of a server that is well. */
  server?: Partial<SmtpOptions>;
  fullOnly?: true;
}

/** What every connection meets: nobody's mail can be sent, whatever it is. */
const connectionFaults: readonly ConnectionFaultCase[] = [
  { name: 'AUTH 535', fault: { auth: 535 } },
  { name: 'AUTH 454', fault: { auth: 454 }, fullOnly: true },
  { name: 'TLS broken', fault: { tls: 'broken' } },
  { name: 'TLS cut', fault: { tls: 'cut' }, fullOnly: true },
  { name: 'certificate of nobody', server: { tls: undefined }, fullOnly: true },
  { name: '421 as greeting', fault: { reply: 421 }, fullOnly: true },
  { name: '554 as greeting', fault: { reply: 554 }, fullOnly: true },
  { name: 'cut as greeting', fault: { cut: 'greeting' }, fullOnly: true },
  { name: 'hang before the greeting', fault: { hang: 'greeting' }, fullOnly: true },
  { name: '1 byte/s from the greeting on', fault: { bytesPerSecond: 1 }, fullOnly: true },
];

const sizes = {
  /** A budget that a slow mail uses up within seconds; 4 s of it for a server that is silent, so that a busy machine is none. */
  short: { times: 2, good: 40, outages: 4, bytesPerSecond: 2, budgetMs: 14_000, probeMs: 1_000, limitMs: 90_000 },
  full: { times: 20, good: 400, outages: 20, bytesPerSecond: 1, budgetMs: 60_000, probeMs: 5_000, limitMs: 600_000 },
};

const auth = { user: 'allim', password: 'mailbox' };
const well: SmtpOptions = { auth, tls: { key, cert }, keep: { count: 10_000, bytes: 512 * 1024 * 1024 } };

export const smtpFaults: FaultTest = {
  name: 'smtp-faults',
  fault: `${mailFaults(1).length} things that single mails meet, and ${connectionFaults.length} that every connection meets, 20 times each`,
  async run(arena, length) {
    const size = sizes[length];
    const server = await FaultyServer.open(arena);
    const run = await ChannelRun.open(arena, 'email', {
      ...(await settings(arena, server.port)),
      SEND_TIMEOUT_MS: String(size.budgetMs),
      BREAKER_PROBE_MS: String(size.probeMs),
    });
    server.run = run;

    const mails = planMails(length);
    server.expect(mails.flatMap(({ cases, faults }) => cases.map((one) => [one.delivery, faults] as const)));
    await run.plan(
      shuffled(
        arena.random.branch('order'),
        mails.flatMap(({ cases }) => cases),
      ),
    );
    await run.settle('every mail concluded', size.limitMs);

    for (const { name, fault, server: options } of connectionFaults.filter(wanted(length))) {
      const cases = Array.from({ length: size.outages }, () => mail(name, [accepted], { outage: true, taken: 1 }));
      await run.outage(name, cases, {
        times: size.outages,
        probeMs: size.probeMs,
        limitMs: size.limitMs,
        begin: () => server.restart(options, { connections: () => fault }),
        end: () => server.restart(),
      });
    }
    await server.collect();
    return {
      figures: [
        ...(await run.judge({ budgetMs: size.budgetMs })),
        { name: 'kept connections that ended', value: run.offers.filter((one) => one.byKeptConnection).length },
      ],
      proofs: [
        { name: 'faults that mails met', value: server.hits, atLeast: (mails.length - 1) * size.times },
        {
          name: 'outages',
          value: arena.history.count('fault'),
          atLeast: connectionFaults.filter(wanted(length)).length,
        },
        {
          name: 'attempts during each',
          value: Math.min(...arena.history.all('fault').map(({ during }) => during)),
          atLeast: size.outages,
        },
      ],
    };
  },
};

const wanted =
  (length: Length) =>
  ({ fullOnly }: { fullOnly?: true }): boolean =>
    length === 'full' || !fullOnly;

async function settings(arena: Arena, port: number): Promise<NodeJS.ProcessEnv> {
  const authority = join(arena.history.folder, 'localhost.pem');
  await writeFile(authority, cert);
  return {
    NODE_EXTRA_CA_CERTS: authority,
    SMTP_URL: `smtp://${auth.user}:${auth.password}@localhost:${port}`,
    MAIL_FROM: 'no-reply@mail.example.com',
    PUBLIC_URL: 'https://portal.example.com',
    API_URL: 'https://api.example.com',
    UNSUBSCRIBE_SECRET: arena.secret,
  };
}

function mail(fault: string, outcomes: Planned['outcomes'], rest: Partial<Planned> = {}): Planned {
  const delivery = randomUUIDv7();
  const state = outcomes.at(-1)?.[0] === 'permanent' ? 'undeliverable' : 'accepted';
  return { delivery, user: delivery, fault, outcomes, outage: false, state, ...rest };
}

function planMails(length: Length): { cases: Planned[]; faults: readonly MailFault[] }[] {
  const { times, good, bytesPerSecond } = sizes[length];
  const many = (count: number, make: () => Planned) => Array.from({ length: count }, make);
  return [
    { faults: [], cases: many(good, () => mail('none', [accepted], { offers: 1, taken: 1 })) },
    ...mailFaults(bytesPerSecond)
      .filter(wanted(length))
      .map(({ name, faults, outcomes, taken }) => ({
        faults,
        cases: many(times, () => mail(name, outcomes, { offers: outcomes.length, taken })),
      })),
  ];
}

function shuffled<Item>(random: Random, items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, place: random.next() }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ item }) => item);
}

/** A mail server that is taken away and put back with another fault; it writes down what it is offered. */
class FaultyServer {
  run?: ChannelRun;
  hits = 0;
  private readonly faults = new Map<string, MailFault[]>();
  /** Numbers of those that had a mail before. */
  private readonly usedConnections = new Set<number>();
  /** Deliveries whose last offer ended with a kept connection. */
  private readonly dropped = new Set<string>();
  private readonly script: SmtpScript = { mails: (facts) => this.offered(facts) };

  private constructor(private server: SmtpServer) {}

  static async open(arena: Arena): Promise<FaultyServer> {
    const faulty = new FaultyServer(await startSmtpServer(well));
    faulty.server.play(faulty.script);
    arena.onClose(() => faulty.server.stop());
    return faulty;
  }

  get port(): number {
    return this.server.port;
  }

  /** From now on the first attempts of these deliveries meet these. */
  expect(deliveries: readonly (readonly [string, readonly MailFault[]])[]): void {
    for (const [delivery, faults] of deliveries) this.faults.set(delivery, [...faults]);
  }

  /** All connections end, also those that are kept for later. */
  async restart(options: Partial<SmtpOptions> = {}, script: SmtpScript = {}): Promise<void> {
    const { port } = this;
    await this.collect();
    await this.server.stop();
    this.usedConnections.clear();
    this.server = await startSmtpServer({ ...well, ...options, port });
    this.server.play({ ...this.script, ...script });
  }

  /** What was taken since the last time. */
  async collect(): Promise<void> {
    for (const { envelope, messageId } of await this.server.mails())
      this.run?.taken.push({ delivery: deliveryOf(envelope.to[0]), key: messageId ?? '' });
    this.server.kept.clear();
  }

  private offered({ to, connection }: MailFacts): MailFault | undefined {
    const delivery = deliveryOf(to);
    const faults = this.faults.get(delivery) ?? [];
    const [fault] = faults;
    // Offered once more in the same attempt, and then the same again.
    const byKeptConnection =
      fault !== undefined && endsEarly(fault) && this.usedConnections.has(connection) && !this.dropped.delete(delivery);
    this.usedConnections.add(connection);
    this.run?.offers.push({ delivery, at: Date.now(), notBefore: null, byKeptConnection });
    if (byKeptConnection) this.dropped.add(delivery);
    else if (faults.shift()) this.hits += 1;
    return fault;
  }
}

const deliveryOf = (address = ''): string => address.replace(/@.*/, '');
