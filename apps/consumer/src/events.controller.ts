import { DataError } from '@allim/catalogue';
import { type Hint } from '@allim/contracts';
import { dead, done, InfrastructureDown, KafkaBatchHandler, type KafkaRecord, type Verdict } from '@allim/kafka';
import { type Clock, systemClock } from '@allim/platform';
import {
  DatabaseDown,
  DeliveryStore,
  type Draft,
  Intake,
  type Requeue,
  type Requeued,
  type Saved,
  SubscriptionStore,
} from '@allim/store';
import { Controller, Inject, Optional } from '@nestjs/common';
import { Dispatcher } from './dispatcher.js';
import { type FailPoint } from './fail-point.js';
import { Hints } from './hints.js';
import { EventMetrics, type Outcome } from './metrics.js';
import { type Plan, plan } from './plan.js';
import { CommandError } from './resend.js';

/** Token of the function that is called at each fail point. */
export const failPointPassing = Symbol('fail point passing');

/** Subscribers of a broadcast that are told in one transaction. */
const audience = 500;

/** What became of a record, and its verdict. */
interface Handled {
  outcome: Outcome;
  verdict: Verdict;
}

/**
 * Domain events and requests become notifications: planned, saved in one transaction, then told. Commands that failed and are
 * replayed put their deliveries back into the queue.
 */
@Controller()
export class EventsController {
  constructor(
    @Inject(Intake) private readonly intake: Intake,
    @Inject(DeliveryStore) private readonly deliveries: Pick<DeliveryStore, 'requeue'>,
    @Inject(Dispatcher) private readonly dispatcher: Pick<Dispatcher, 'wake'>,
    @Inject(SubscriptionStore) private readonly subscriptions: SubscriptionStore,
    @Inject(Hints) private readonly hints: Hints,
    @Inject(EventMetrics) private readonly metrics: EventMetrics,
    @Inject(failPointPassing) private readonly passing: (point: FailPoint) => void,
    @Optional() private readonly clock: Clock = systemClock,
  ) {}

  @KafkaBatchHandler()
  async handle(records: KafkaRecord[]): Promise<Verdict[]> {
    const now = new Date(this.clock());
    const plans = records.map((record) => plan(record, now));
    this.passing('planned');
    try {
      const saved = await this.save(plans.flatMap((one) => (one.kind === 'notify' ? [one.notification] : [])));
      const requeued = await this.requeue(plans.flatMap((one) => (one.kind === 'resend' ? [one.requeue] : [])));
      const inOrder = { saved: saved.values(), requeued: requeued.values() };
      const handled: Handled[] = [];
      for (const one of plans)
        handled.push(one.kind === 'broadcast' ? await this.broadcast(one) : conclude(one, inOrder));
      this.metrics.observe(
        records,
        handled.map(({ outcome }) => outcome),
      );
      return handled.map(({ verdict }) => verdict);
    } catch (error) {
      throw error instanceof DatabaseDown ? new InfrastructureDown(error.message, { cause: error }) : error;
    }
  }

  /** Saved once, then told: nothing is said of a notification before its commit. Answers what became of each, in order. */
  private async save(notifications: Draft[]): Promise<Saved[]> {
    const results = await this.intake.save(notifications);
    this.passing('saved');
    const planned = results.flatMap((one) => (one.kind === 'new' ? one.deliveries : []));
    this.metrics.observePlanned(planned);
    const queued = planned.filter(({ state }) => state === 'queued');
    if (queued.length > 0) this.dispatcher.wake(queued);
    this.hints.publish(hintOf(results));
    this.passing('hinted');
    return results;
  }

  private async requeue(requeues: Requeue[]): Promise<Requeued[]> {
    if (requeues.length === 0) return [];
    const results = await this.deliveries.requeue(requeues);
    if (results.includes('queued')) this.dispatcher.wake();
    return results;
  }

  /** Page by page: however many subscribe, no transaction grows. What a crash leaves out is made up for by redelivery. */
  private async broadcast({ topic, forUser, announcement }: Plan & { kind: 'broadcast' }): Promise<Handled> {
    const results: Results = {};
    for (let after: string | undefined = ''; after !== undefined; ) {
      const users: string[] = await this.subscriptions.subscribersOf(topic, after, audience);
      for (const one of await this.save(users.map(forUser))) results[one.kind] ??= one;
      after = users.length === audience ? users.at(-1) : undefined;
    }
    const handled = concluded(results);
    if (handled.outcome === 'saved' || handled.outcome === 'redelivered') {
      this.hints.publish({ notifications: [], positions: [], announcements: [{ topic, ...announcement }] });
    }
    return handled;
  }
}

function hintOf(results: readonly Saved[]): Hint {
  const hint: Hint = { notifications: [], positions: [], announcements: [] };
  for (const one of results) {
    if (one.kind === 'new') hint.notifications.push(one.message);
    if (one.kind === 'redelivered') hint.positions.push(one.position);
  }
  return hint;
}

/** What became of the notifications, and of the deliveries, of a plan and of those after it. */
interface InOrder {
  saved: Iterator<Saved>;
  requeued: Iterator<Requeued>;
}

function conclude(one: Exclude<Plan, { kind: 'broadcast' }>, { saved, requeued }: InOrder): Handled {
  switch (one.kind) {
    case 'nobody':
      return { outcome: 'nobody', verdict: done };
    case 'refuse':
      return { outcome: 'dead', verdict: dead(one.error.errorClass, one.error) };
    case 'notify': {
      const result = saved.next().value as Saved;
      return result.kind === 'new' ? told : concluded({ [result.kind]: result });
    }
    case 'resend': {
      const result = requeued.next().value as Requeued;
      if (result === 'sending') return { outcome: 'dead', verdict: dead(inHand.errorClass, inHand) };
      return { outcome: result, verdict: done };
    }
  }
}

/**
 * Its worker may be about to note that it is undeliverable, for its letter comes before that. So the replay has failed: the case
 * is open again, where nobody would have heard of it any more.
 */
const inHand = new CommandError('in-hand', 'a worker has the delivery in hand: replay it once that has ended');

/** What nearly all records come to. */
const told: Handled = { outcome: 'saved', verdict: done };

/** What became of a record's notifications: one of each kind tells enough, for subscribers may be many. */
type Results = Partial<Record<Saved['kind'], Saved>>;

/** One record, one outcome: the first of these that any of its notifications came to. */
function concluded({ refused, new: fresh, redelivered, duplicate }: Results): Handled {
  if (refused?.kind === 'refused') {
    const { cause } = refused.error;
    const verdict = cause instanceof DataError ? dead(cause.errorClass, cause) : dead('refused', refused.error);
    return { outcome: 'dead', verdict };
  }
  const outcome = fresh ? 'saved' : redelivered ? 'redelivered' : duplicate ? 'duplicate' : 'nobody';
  return { outcome, verdict: done };
}
