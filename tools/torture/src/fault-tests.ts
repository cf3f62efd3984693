import { type FaultTest } from './fault-test.js';
import { killConsumer } from './faults/kill-consumer.js';

/** Every test, one line each. */
export const faultTests: readonly FaultTest[] = [killConsumer];
