import { setTimeout as pause } from 'node:timers/promises';
import { type Arena } from '../arena.js';
import { Deliveries } from '../deliveries.js';
import { type FaultTest, type Length } from '../fault-test.js';
import { type Of, type Try } from '../history.js';
import { Providers } from '../providers.js';
import { sum } from '../samples.js';
import { until } from '../until.js';

const sizes = {
  short: { warmMs: 2_000, wellMs: 4_000, goneMs: 6_000, probeMs: 500 },
  full: { warmMs: 5_000, wellMs: 60_000, goneMs: 60_000, probeMs: 5_000 },
};
/** Of a few hundred in the short size, 99 % says little. */
const mostOfWell: Record<Length, number> = { short: 2, full: 1.1 };
const perSecond = 40;
/** What was under way when the server went was cut by it, and has ended by then. */
const cutMs = 1_000;
/** Three failures open the breaker; but what is under way by then fails as well: in every lane as many as there are slots. */
const mostInVain = 60;
/** 2 is "open", as in the metric's help. */
const open = 2;

export const providerDown: FaultTest = {
  name: 'provider-down',
  fault: 'the mail server gone for 60 s, under 40 mails and 40 pushes a second',
  async run(arena, length) {
    const { warmMs, wellMs, goneMs, probeMs } = sizes[length];
    const providers = await Providers.open(arena);
    const deliveries = await Deliveries.open(arena, ['email', 'push']);
    await Promise.all([
      arena.startChannel('email', 1, providers, () => ({ BREAKER_PROBE_MS: String(probeMs) })),
      arena.startChannel('push', 1, providers),
      arena.startConsumers(1),
    ]);
    const now = () => arena.history.now;
    let well = { from: 0, until: 0 };
    let gone = { from: 0, until: 0 };
    let openedAfterMs: number | null = null;
    await deliveries.planDuring((perSecond * (warmMs + wellMs + goneMs)) / 1000, { perSecond }, async () => {
      await until(() => arena.history.all('arrived').some(({ channel }) => channel === 'email'), { withinMs: 30_000 });
      await pause(warmMs);
      well = { from: now(), until: now() + wellMs };
      await pause(wellMs);
      arena.fault('stopped', 'email provider', await deliveries.duringWork());
      const bringBack = await providers.stopMails();
      gone = { from: now(), until: now() + goneMs };
      openedAfterMs = await until(async () => (await breaker(arena)) === open, { withinMs: goneMs, everyMs: 20 });
      await pause(Math.max(0, gone.until - now()));
      gone.until = now();
      await bringBack();
    });
    const settledMs = await deliveries.settle(60_000);
    await deliveries.takeStock();
    const burnt = burntOf(arena).filter(({ from }) => from > gone.from + cutMs && from < gone.until);
    const mails = arena.workers.find(({ name }) => name.startsWith('email'));
    await mails?.look();
    const inVain = mails?.total('allim_channel_attempts_total', { outcome: 'infrastructure' }) ?? Number.NaN;
    const pushes = { well: p99(arena, well), gone: p99(arena, gone) };
    return {
      figures: [
        { name: 'breaker open after', value: openedAfterMs ?? Number.NaN, unit: 'ms', atMost: goneMs },
        { name: 'attempts burnt meanwhile', value: burnt.length, atMost: 0 },
        { name: 'sends in vain', value: inVain, atMost: mostInVain + goneMs / probeMs },
        { name: 'mails cut off by its end', value: burntOf(arena).length - burnt.length },
        { name: 'dead letters', value: await deliveries.deadLetters('email'), atMost: 0 },
        { name: 'push p99 before', value: pushes.well, unit: 'ms' },
        { name: 'push p99 meanwhile', value: pushes.gone, unit: 'ms' },
        { name: 'ratio', value: pushes.gone / pushes.well, atMost: mostOfWell[length] },
        { name: 'all delivered after', value: (settledMs ?? Number.NaN) / 1000, unit: 's', atMost: 60 },
        { name: 'exits nobody asked for', value: arena.surprises(), atMost: 0 },
      ],
      proofs: [
        {
          name: 'mails under way when it went',
          value: arena.history.count('fault', ({ during }) => during > 0),
          atLeast: 1,
        },
        { name: 'mails planned meanwhile', value: plannedIn(arena, 'email', gone).length, atLeast: 1 },
        { name: 'pushes planned meanwhile', value: plannedIn(arena, 'push', gone).length, atLeast: 1 },
        { name: 'mails that arrived meanwhile', value: arrivedIn(arena, gone), atMost: 0 },
      ],
    };
  },
};

/** The breaker of the mail server, as the worker shows it. */
async function breaker({ workers }: Arena): Promise<number> {
  const mails = workers.find(({ name }) => name.startsWith('email'));
  const metrics = await (await fetch(`${mails?.url}/metrics`)).text();
  return sum(metrics, 'allim_channel_breaker_state', { channel: 'email' });
}

/** Failed attempts that count. Those that do not have given their number, and their place on record, to the next one. */
const burntOf = ({ history }: Arena): Try[] =>
  history
    .all('delivery')
    .flatMap(({ channel, tries }) => (channel === 'email' ? tries : []))
    .filter(({ outcome }) => outcome === 'ambiguous' || outcome === 'temporary' || outcome === 'permanent');

interface Span {
  from: number;
  until: number;
}

const plannedIn = ({ history }: Arena, wanted: 'email' | 'push', { from, until: end }: Span): Of<'planned'>[] =>
  history.all('planned').filter(({ at, channel }) => channel === wanted && at >= from && at < end);

const arrivedIn = ({ history }: Arena, { from, until: end }: Span): number =>
  history.count('arrived', ({ at, channel }) => channel === 'email' && at >= from && at < end);

/** Milliseconds from the commit to the arrival that 99 % of the pushes planned in this time stay below. */
function p99(arena: Arena, span: Span): number {
  const arrived = new Map<number, number>();
  for (const { channel, number, at } of arena.history.all('arrived'))
    if (channel === 'push' && !arrived.has(number)) arrived.set(number, at);
  const times = plannedIn(arena, 'push', span)
    .map(({ number, at }) => (arrived.get(number) ?? Number.NaN) - at)
    .toSorted((a, b) => a - b);
  return times[Math.ceil(times.length * 0.99) - 1] ?? Number.NaN;
}
