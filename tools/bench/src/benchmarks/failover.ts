import { setTimeout as pause } from 'node:timers/promises';
import { type Benchmark } from '../benchmark.js';
import { createTopics, numberedTopics, partitions, userOf } from '../load.js';
import { startApp, startHelper, whenReady } from '../process.js';
import { type Paced, type PacedInput } from '../programs/paced-producer.js';
import { type Site, withSite } from '../site.js';
import { mustEqual, VoidRun } from '../void-run.js';

const perSecond = 1_000;
const deadlineSeconds = 30;
const allPartitions = numberedTopics.topics.length * partitions;
const users = Array.from({ length: 2_000 }, (_, index) => userOf(index));

export const failover: Benchmark = {
  name: 'failover',
  what: `kill -9 of one of two consumers under ${perSecond.toLocaleString('en')} events/s: until a new row of every partition is committed again`,
  figures: {
    seconds: { label: 'until all partitions move again, s', digits: 1, must: { atMost: 12 }, aim: 7 },
    halted: { label: 'partitions that had halted for over 2 s' },
  },
  run: () =>
    withSite(async (site) => {
      await createTopics(site, numberedTopics.topics);
      await using _survivor = await whenReady(await startApp(site, 'consumer'));
      await using victim = await whenReady(await startApp(site, 'consumer'));
      await using producer = await startHelper('paced-producer');
      const publishing = producer.ask<Paced>('publish', {
        kafkaBrokers: site.kafkaBrokers,
        perSecond,
        seconds: deadlineSeconds,
        users,
      } satisfies PacedInput);
      publishing.catch(() => {}); // cut short below
      await moving(site, new Date(0).toISOString());
      const killedAt = Date.now();
      await victim.kill();
      const firsts = await moving(site, new Date(killedAt).toISOString());
      const halts = firsts.map((at) => (at - killedAt) / 1000);
      const halted = halts.filter((halt) => halt > 2).length;
      if (halted === 0) throw new VoidRun('no partition had halted: the killed consumer had none');
      await producer.kill();
      // One statement, one moment: the last transactions may still be committing.
      const apart = 'SELECT (SELECT SUM(last_id) FROM inbox) - (SELECT COUNT(*) FROM ledger)';
      mustEqual('rows without their ledger entry', await site.number(apart), 0);
      return { seconds: Math.max(...halts), halted };
    }),
};

/** Waits until every partition has a row made after `since`; answers when the first one of each was. */
async function moving(site: Site, since: string): Promise<number[]> {
  const deadline = Date.now() + deadlineSeconds * 1000;
  for (;;) {
    const [rows] = await site.database.query(
      'SELECT UNIX_TIMESTAMP(MIN(created_at)) * 1000 AS at FROM ledger WHERE created_at > ? GROUP BY topic, topic_partition',
      [since.slice(0, -1).replace('T', ' ')],
    );
    const firsts = (rows as { at: string }[]).map(({ at }) => Number(at));
    if (firsts.length === allPartitions) return firsts;
    if (Date.now() > deadline) throw new VoidRun(`${firsts.length} of ${allPartitions} partitions move`);
    await pause(100);
  }
}
