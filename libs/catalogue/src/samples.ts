import { entries } from './catalogue.js';
import { type SampleSeed } from './entry.js';

export interface SampleEvent {
  topic: string;
  /** The user, so that one user's events keep their order. */
  key: string;
  /** JSON. */
  value: string;
}

/** One realistic event per topic for this user. `number` makes the references unique. */
export function sampleEvents(seed: SampleSeed): SampleEvent[] {
  return entries.map((entry) => ({ topic: entry.topic, key: seed.user, value: JSON.stringify(entry.sample(seed)) }));
}
