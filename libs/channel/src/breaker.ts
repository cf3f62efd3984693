import { InfrastructureDown } from '@allim/kafka';
import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhenResult,
  type IBackoff,
  type IHalfOpenAfterBackoffContext,
} from 'cockatiel';
import { type Outcome } from './provider.js';

/** Infrastructure outcomes in a row that open it: they burn no attempts, and one alone may be a blip. */
const failuresInARow = 3;

export type BreakerState = 'closed' | 'half-open' | 'open';

/**
 * Circuit breaker of one provider, shared by all lanes of a process: after infrastructure outcomes in a row nothing is
 * claimed any more, until a single delivery has gone through. cockatiel judges; here is who may claim meanwhile.
 */
export class Breaker {
  private readonly policy: CircuitBreakerPolicy;
  private probeAt = 0;
  private probing = false;
  private reason = '';

  constructor(options: {
    /** Milliseconds from opening to the next probe; a provider's Retry-After makes it longer. */
    probeAfterMs: number;
    onChange: (state: BreakerState, reason: string) => void;
  }) {
    let openMs = options.probeAfterMs;
    const openFor = ({ result }: IHalfOpenAfterBackoffContext): IBackoff<IHalfOpenAfterBackoffContext> => {
      const outcome = ('value' in result ? result.value : undefined) as Outcome | undefined;
      this.reason = outcome && 'reason' in outcome ? outcome.reason : '';
      const retryAfterMs = outcome?.kind === 'infrastructure' ? (outcome.retryAfterMs ?? 0) : 0;
      openMs = Math.max(options.probeAfterMs, retryAfterMs);
      return { duration: openMs, next: openFor };
    };
    this.policy = circuitBreaker(
      handleWhenResult((result) => this.isFailure(result as Outcome)),
      { breaker: new ConsecutiveBreaker(failuresInARow), halfOpenAfter: { next: openFor } },
    );
    this.policy.onStateChange((state) => {
      if (state === CircuitState.Open) this.probeAt = Date.now() + openMs; // cockatiel's own clock
      options.onChange(names[state], this.reason);
    });
  }

  /** A probe that nobody answers proves nothing; otherwise it is one delivery's own misfortune. */
  private isFailure({ kind }: Outcome): boolean {
    return kind === 'infrastructure' || (kind === 'ambiguous' && this.policy.state === CircuitState.HalfOpen);
  }

  /**
   * How many may be claimed now: any number, or a single one, whose send is the probe. Whoever is given the probe calls
   * `run` with it, or `release`. Throws an InfrastructureDown while nothing may be claimed.
   */
  admit(): 'all' | 'probe' {
    if (this.policy.state === CircuitState.Closed) return 'all';
    this.check();
    this.probing = true;
    return 'probe';
  }

  /** Throws an InfrastructureDown while nothing may be claimed. */
  check(): void {
    const { state } = this.policy;
    if (state === CircuitState.Closed) return;
    if (state === CircuitState.HalfOpen || this.probing || Date.now() < this.probeAt)
      throw new InfrastructureDown(`the provider is down: ${this.reason}`);
  }

  /** The probe was not sent: there was nothing to claim. */
  release(): void {
    this.probing = false;
  }

  /** Sends, unless it opened since the claim; `send` never rejects. */
  async run(admission: 'all' | 'probe', send: () => Promise<Outcome>): Promise<Outcome> {
    try {
      return await this.policy.execute(send);
    } catch (error) {
      if (error instanceof BrokenCircuitError) return { kind: 'infrastructure', reason: 'the provider is down' };
      throw error;
    } finally {
      if (admission === 'probe') this.probing = false;
    }
  }
}

const names: Record<CircuitState, BreakerState> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Open]: 'open',
  [CircuitState.Isolated]: 'open',
};
