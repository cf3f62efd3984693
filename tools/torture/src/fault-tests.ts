import { type FaultTest } from './fault-test.js';
import { brokerLoss } from './faults/broker-loss.js';
import { crashPoints } from './faults/crash-points.js';
import { databaseLoss } from './faults/database-loss.js';
import { drain } from './faults/drain.js';
import { killConsumer } from './faults/kill-consumer.js';
import { poison } from './faults/poison.js';
import { reconnect } from './faults/reconnect.js';
import { redisLoss } from './faults/redis-loss.js';

/** Every test, one line each. */
export const faultTests: readonly FaultTest[] = [
  killConsumer,
  crashPoints,
  databaseLoss,
  redisLoss,
  brokerLoss,
  poison,
  reconnect,
  drain,
];
