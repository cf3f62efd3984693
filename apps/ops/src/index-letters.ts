import { type BatchHandler, done, InfrastructureDown, type KafkaRecord } from '@allim/kafka';
import { DatabaseDown, type DeadLetterStore } from '@allim/store';
import { indexed } from './indexed.js';
import { type IndexMetrics } from './metrics.js';

/** Dead letters become cases of the index, all of a batch in one transaction. */
export const indexLetters =
  (letters: DeadLetterStore, metrics: IndexMetrics): BatchHandler<KafkaRecord> =>
  async (records) => {
    try {
      const counts = await letters.index(records.map(indexed));
      for (const [as, count] of Object.entries(counts)) metrics.letters.inc({ as }, count);
      return records.map(() => done);
    } catch (error) {
      throw error instanceof DatabaseDown ? new InfrastructureDown(error.message, { cause: error }) : error;
    }
  };
