import { setTimeout as pause } from 'node:timers/promises';
import { connectProducer, numberedTopics, send } from '../load.js';
import { answerQuestions } from './questions.js';

export interface PacedInput {
  kafkaBrokers: string;
  perSecond: number;
  seconds: number;
  /** Recipients, at random. */
  users: string[];
}

export interface Paced {
  sent: number;
  /** What was reached: below `perSecond` when Kafka or this process could not keep up. */
  perSecond: number;
}

const tickMs = 5;

/** Publishes at an even pace. An event's number is the microsecond (since 1970) at which it was made: no two are the same. */
async function publish({ kafkaBrokers, perSecond, seconds, users }: PacedInput): Promise<Paced> {
  const producer = await connectProducer(kafkaBrokers);
  const began = performance.now();
  const total = Math.round(perSecond * seconds);
  const sends: Promise<void>[] = [];
  let sent = 0;
  let latest = 0;
  while (sent < total) {
    const due = Math.min(total, Math.floor(((performance.now() - began) / 1000) * perSecond));
    const events = Array.from({ length: due - sent }, () => {
      latest = Math.max(latest + 1, microsecondsNow());
      return numberedTopics.event(latest, users[Math.floor(Math.random() * users.length)] as string);
    });
    if (events.length > 0) sends.push(send(producer, events));
    sent = due;
    await pause(tickMs);
  }
  await Promise.all(sends);
  const tookSeconds = (performance.now() - began) / 1000;
  await producer.disconnect();
  return { sent, perSecond: sent / tookSeconds };
}

const microsecondsNow = () => Math.floor((performance.timeOrigin + performance.now()) * 1000);

answerQuestions({ publish });
