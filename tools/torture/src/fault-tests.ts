import { type FaultTest } from './fault-test.js';
import { brokerLoss } from './faults/broker-loss.js';
import { crashPoints } from './faults/crash-points.js';
import { databaseLoss } from './faults/database-loss.js';
import { dispatcherDeath } from './faults/dispatcher-death.js';
import { drain } from './faults/drain.js';
import { fcmFaults } from './faults/fcm-faults.js';
import { killConsumer } from './faults/kill-consumer.js';
import { poison } from './faults/poison.js';
import { providerDown } from './faults/provider-down.js';
import { rateLimit } from './faults/rate-limit.js';
import { reconnect } from './faults/reconnect.js';
import { redisLoss } from './faults/redis-loss.js';
import { replayKill } from './faults/replay-kill.js';
import { replayPace } from './faults/replay-pace.js';
import { smtpFaults } from './faults/smtp-faults.js';
import { workerDeath } from './faults/worker-death.js';

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
  workerDeath,
  dispatcherDeath,
  providerDown,
  rateLimit,
  smtpFaults,
  fcmFaults,
  replayKill,
  replayPace,
];
