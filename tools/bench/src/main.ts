import { readdirSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { workspace } from '@allim/stack';
import { Redis } from 'ioredis';
import { type Benchmark } from './benchmark.js';
import { poisonBenchmark, replay } from './benchmarks/bad-records.js';
import { consoleLoad } from './benchmarks/console.js';
import { deadLetterIndex, deadLetterLists, deadLetterReplay } from './benchmarks/dead-letters.js';
import { email } from './benchmarks/email.js';
import { failover } from './benchmarks/failover.js';
import { latency } from './benchmarks/latency.js';
import { mailLatency } from './benchmarks/mail-latency.js';
import { outside } from './benchmarks/outside.js';
import { push } from './benchmarks/push.js';
import { memory, sockets } from './benchmarks/sockets.js';
import { drainAll, drainHot, persist } from './benchmarks/throughput.js';
import { benchFolder, logFolder } from './process.js';
import { say } from './progress.js';
import { resultOf, save, savedResults } from './results.js';
import { withSite } from './site.js';
import { documentFolder, table, writeDocument } from './table.js';
import { VoidRun } from './void-run.js';

const benchmarks: Benchmark[] = [
  drainAll,
  drainHot,
  persist,
  sockets,
  latency,
  poisonBenchmark,
  replay,
  failover,
  memory,
  outside,
  email,
  push,
  mailLatency,
  deadLetterIndex,
  deadLetterLists,
  deadLetterReplay,
  consoleLoad,
];
const names = benchmarks.map(({ name }) => name);
const usage = `npm run bench -- <name>… [--runs 3] [--write]

  names      ${names.join(', ')} or all
  --runs     how often each is measured; min, median and max are shown
  --write    puts the results into docs/measurements/, and all that are there into docs/measurements.md`;

// Ends at once: programs of a run that was given up keep nobody here, and end with us.
try {
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
}

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { runs: { type: 'string', default: '3' }, write: { type: 'boolean', default: false } },
  });
  const runs = Number(values.runs);
  const asked = positionals.includes('all') ? names : positionals;
  if (asked.length === 0 || asked.some((name) => !names.includes(name)) || !(Number.isInteger(runs) && runs > 0)) {
    console.error(usage);
    return 2;
  }
  rmSync(logFolder, { recursive: true, force: true });
  const servers = await serverVersions();
  const results = [];
  let complete = true;
  for (const benchmark of benchmarks.filter(({ name }) => asked.includes(name))) {
    try {
      const result = resultOf(benchmark, await measure(benchmark, runs), servers);
      save(result, values.write ? documentFolder : benchFolder);
      results.push(result);
    } catch (error) {
      if (!(error instanceof VoidRun)) throw error;
      complete = false;
      say(`${benchmark.name} is void, there is no figure: ${error.message}`);
    }
  }
  console.log(table(results));
  if (values.write) writeDocument(savedResults(names, documentFolder));
  const missed = results.some(({ figures }) => figures.some(({ verdict }) => verdict === 'missed'));
  return complete && !missed ? 0 : 1;
}

async function measure(benchmark: Benchmark, runs: number): Promise<Record<string, number>[]> {
  const figures: Record<string, number>[] = [];
  for (let run = 1; run <= runs; run++) {
    say(`${benchmark.name}, run ${run} of ${runs}`);
    const measured = await benchmark.run();
    say(JSON.stringify(measured));
    figures.push(measured);
  }
  return figures;
}

function serverVersions(): Promise<string> {
  return withSite(async (site) => {
    const [rows] = await site.database.query('SELECT VERSION() AS version');
    const redis = new Redis(site.redisUrl);
    const redisVersion = /redis_version:(\S+)/.exec(await redis.info('server'))?.[1];
    redis.disconnect();
    const kafka = readdirSync(`${workspace}.stack/kafka-lib`)
      .filter((name) => /^\d/.test(name))
      .at(-1);
    return `Kafka ${kafka}, ${(rows as { version: string }[])[0]?.version}, Redis ${redisVersion}`;
  });
}
