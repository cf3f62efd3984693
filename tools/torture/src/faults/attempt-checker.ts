import { type DeliveryState } from '@allim/contracts';

export type OutcomeKind = 'accepted' | 'temporary' | 'permanent' | 'ambiguous' | 'infrastructure';

/** A delivery, what its provider does to it, and what must come of that. */
export interface DeliveryCase {
  /** UUID. */
  delivery: string;
  fault: string;
  /** What its attempts come to, one after the other; several where the fault leaves it open. */
  outcomes: readonly (readonly OutcomeKind[])[];
  /** Its provider is down for everybody: it may also fail so, as often as it likes, and that counts for nothing. */
  outage: boolean;
  state: DeliveryState;
  /** How often its provider is asked to take it; not told where nobody can know. */
  offers?: number;
  /** How often its provider takes it; by default once for each attempt that may have been the one. */
  taken?: number;
}

/** A provider was asked to take a delivery. Times are milliseconds since 1970. */
export interface Offer {
  delivery: string;
  at: number;
  /** The provider's answer: not again before. */
  notBefore: number | null;
  /**
   * By a connection that was kept from earlier ones and ended before there was anything to take. Servers end what they like
   * to; to go on by a new connection at once, once, is the same attempt.
   */
  byKeptConnection?: boolean;
}

/** A provider has a delivery, under this Message-ID or collapse key. */
export interface Taken {
  delivery: string;
  key: string;
}

/** A line of the channel's log. */
export interface LoggedAttempt {
  delivery: string;
  attempt: number;
  outcome: OutcomeKind;
  reason: string | null;
  from: number;
  until: number;
}

/** A delivery was seen in the queue, due then. */
export interface Wait {
  delivery: string;
  seenAt: number;
  dueAt: number;
}

/** A delivery's row at the end, with its attempts' rows. */
export interface EndedRow {
  delivery: string;
  state: DeliveryState;
  attempts: number;
  tries: readonly { attempt: number; outcome: string; provider: string | null }[];
}

/** A time in which the provider was down for everybody. */
export interface Outage {
  name: string;
  from: number;
  until: number;
  /** How often, at most, it may be tried again: milliseconds from one probe to the next. */
  probeMs: number;
}

export interface Facts {
  cases: readonly DeliveryCase[];
  offers: readonly Offer[];
  taken: readonly Taken[];
  attempts: readonly LoggedAttempt[];
  waits: readonly Wait[];
  rows: readonly EndedRow[];
  outages: readonly Outage[];
  breaker: readonly { at: number; state: string }[];
}

export const attemptAnomalies = {
  misjudged: 'attempts of the wrong class',
  burnt: 'attempts burnt or not counted',
  hasty: 'attempts before their time',
  lost: 'deliveries lost or in the wrong state',
  duplicate: 'deliveries doubled, or under another name',
  unrecorded: 'attempts not on record',
  hammered: 'outages without a breaker',
} as const;

export interface AttemptAnomaly {
  name: keyof typeof attemptAnomalies;
  what: string;
}

/** A breaker's own reason: it opened between the claim and the send, so nobody was asked. */
const notAsked = 'the provider is down';
/** What a busy machine adds to the times of the log. */
const logMs = 200;

/** What is wrong with the way deliveries went through a channel app, in plain words. */
export function checkAttempts(facts: Facts): AttemptAnomaly[] {
  const by = <Item extends { delivery: string }>(items: readonly Item[]) =>
    Map.groupBy(items, ({ delivery }) => delivery);
  const [attempts, offers, taken, waits] = [by(facts.attempts), by(facts.offers), by(facts.taken), by(facts.waits)];
  const rows = new Map(facts.rows.map((row) => [row.delivery, row]));
  const anomalies = facts.cases.flatMap((one) => {
    const { delivery } = one;
    const own = (attempts.get(delivery) ?? []).toSorted((first, second) => first.until - second.until);
    const asked = offers.get(delivery) ?? [];
    return [
      ...checkCourse(one, own),
      ...checkRow(one, rows.get(delivery), own),
      ...checkTimes(one, own, asked, waits.get(delivery) ?? []),
      ...checkProvider(one, own, asked, taken.get(delivery) ?? []),
    ];
  });
  return [...anomalies, ...facts.outages.flatMap((outage) => checkOutage(outage, facts))];
}

const tell =
  (one: DeliveryCase) =>
  (name: AttemptAnomaly['name'], what: string): AttemptAnomaly => ({
    name,
    what: `${one.fault} (${one.delivery}): ${what}`,
  });

const counted = (attempts: readonly LoggedAttempt[]) => attempts.filter(({ outcome }) => outcome !== 'infrastructure');

/** Each attempt came to what it had to, under the number it had to have. */
function checkCourse(one: DeliveryCase, attempts: readonly LoggedAttempt[]): AttemptAnomaly[] {
  const anomaly = tell(one);
  const anomalies: AttemptAnomaly[] = [];
  const judged = one.outage ? counted(attempts) : attempts;
  const right =
    judged.length === one.outcomes.length &&
    judged.every(({ outcome }, index) => one.outcomes[index]?.includes(outcome));
  if (!right) {
    const expected = one.outcomes.map((kinds) => kinds.join(' or ')).join(', ');
    const got = judged.map(({ outcome, reason }) => (reason ? `${outcome} (${reason})` : outcome)).join(', ');
    anomalies.push(anomaly('misjudged', `came to ${got || 'nothing'}, not to ${expected}`));
  }
  let count = 0;
  for (const { attempt, outcome } of attempts) {
    if (attempt !== count + 1) anomalies.push(anomaly('burnt', `attempt ${attempt} after ${count} that count`));
    if (outcome !== 'infrastructure') count += 1;
  }
  return anomalies;
}

/** The rows say the same as the log. */
function checkRow(one: DeliveryCase, row: EndedRow | undefined, attempts: readonly LoggedAttempt[]): AttemptAnomaly[] {
  const anomaly = tell(one);
  if (!row) return [anomaly('lost', 'has no row')];
  const anomalies: AttemptAnomaly[] = [];
  if (row.state !== one.state) anomalies.push(anomaly('lost', `is ${row.state}, not ${one.state}`));
  const counts = counted(attempts).length;
  if (row.attempts !== counts) anomalies.push(anomaly('burnt', `counts ${row.attempts} attempts, not ${counts}`));
  const last = new Map(attempts.map(({ attempt, outcome }) => [attempt, outcome]));
  const tries = new Map(row.tries.map((each) => [each.attempt, each]));
  for (const [attempt, outcome] of last) {
    const noted = tries.get(attempt);
    if (noted?.outcome !== outcome || !noted.provider)
      anomalies.push(anomaly('unrecorded', `attempt ${attempt} was ${outcome}, its row says ${noted?.outcome}`));
  }
  if (tries.size > last.size) anomalies.push(anomaly('unrecorded', 'has rows of attempts that nobody made'));
  return anomalies;
}

/** Nothing begins before it is due, and it is never due before the provider wants it again. */
function checkTimes(
  one: DeliveryCase,
  attempts: readonly LoggedAttempt[],
  offers: readonly Offer[],
  waits: readonly Wait[],
): AttemptAnomaly[] {
  const anomaly = tell(one);
  const anomalies: AttemptAnomaly[] = [];
  const begins = [...attempts.map(({ from }) => from), ...offers.map(({ at }) => at)];
  for (const { seenAt, dueAt } of waits) {
    const early = begins.find((begin) => begin > seenAt && begin < dueAt);
    if (early !== undefined) anomalies.push(anomaly('hasty', `begun ${dueAt - early} ms before it was due`));
  }
  for (const { at, notBefore } of offers) {
    if (notBefore === null) continue;
    // By the provider's own clock: the log may well date the beginning of this very attempt a little later.
    const again = offers.find((other) => other.at > at && other.at < notBefore);
    if (again)
      anomalies.push(anomaly('hasty', `offered again ${notBefore - again.at} ms before its provider wanted it`));
    const due = waits.find(({ seenAt, dueAt }) => seenAt > at && dueAt < notBefore);
    if (due) anomalies.push(anomaly('hasty', `due ${notBefore - due.dueAt} ms before its provider wanted it`));
  }
  return anomalies;
}

/** The provider has it once, or as often as nobody could know, always under the name of the delivery; and was asked no oftener. */
function checkProvider(
  one: DeliveryCase,
  attempts: readonly LoggedAttempt[],
  offers: readonly Offer[],
  taken: readonly Taken[],
): AttemptAnomaly[] {
  const anomaly = tell(one);
  const anomalies: AttemptAnomaly[] = [];
  const of = (kind: OutcomeKind) => attempts.filter(({ outcome }) => outcome === kind).length;
  const least = one.taken ?? of('accepted');
  const most = one.taken ?? of('accepted') + of('ambiguous');
  if (taken.length < least) anomalies.push(anomaly('lost', `its provider has it ${taken.length} times, not ${least}`));
  if (taken.length > most)
    anomalies.push(anomaly('duplicate', `its provider has it ${taken.length} times, not ${most}`));
  for (const { key } of taken)
    if (!key.includes(one.delivery)) anomalies.push(anomaly('duplicate', `its provider knows it as ${key}`));
  const asked = offers.filter(({ byKeptConnection }) => !byKeptConnection).length;
  if (one.offers !== undefined && asked !== one.offers)
    anomalies.push(anomaly('duplicate', `its provider was asked ${asked} times, not ${one.offers}`));
  if (offers.length - asked > attempts.length)
    anomalies.push(anomaly('duplicate', `${offers.length - asked} kept connections in ${attempts.length} attempts`));
  return anomalies;
}

/** While everybody fails the breaker opens, and from then on a single one at a time tries. */
function checkOutage(outage: Outage, { breaker, attempts }: Facts): AttemptAnomaly[] {
  const opened = breaker.find(({ at, state }) => state === 'open' && at >= outage.from && at <= outage.until)?.at;
  if (opened === undefined) return [{ name: 'hammered', what: `${outage.name}: the breaker did not open` }];
  const probes = attempts
    .filter(({ from, until, reason }) => from > opened + logMs && until <= outage.until && reason !== notAsked)
    .map(({ from }) => from)
    .toSorted((first, second) => first - second);
  const anomalies: AttemptAnomaly[] = [];
  for (const [index, from] of probes.entries()) {
    const before = probes[index - 1] ?? opened;
    if (from - before < outage.probeMs - logMs)
      anomalies.push({ name: 'hammered', what: `${outage.name}: tried again ${from - before} ms after the last one` });
  }
  return anomalies;
}
