import { Arena } from './arena.js';
import { check } from './checker.js';
import { type FaultTest, type Length, type Outcome, verdictOn } from './fault-test.js';

/** Runs one test on a stack of its own and judges its history. */
export async function torture(
  test: FaultTest,
  options: { seed: number; length: Length; log: (line: string) => void },
): Promise<Outcome> {
  const began = Date.now();
  const arena = await Arena.open(test.name, options.seed, { log: options.log, withKafkaProxy: test.withKafkaProxy });
  try {
    const finding = await test.run(arena, options.length);
    const anomalies = check(arena.history.entries);
    return {
      name: test.name,
      seed: options.seed,
      seconds: (Date.now() - began) / 1000,
      verdict: verdictOn(finding, anomalies),
      anomalies,
      ...finding,
    };
  } finally {
    await arena.close();
  }
}
