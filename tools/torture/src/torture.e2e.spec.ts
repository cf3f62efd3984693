import { faultTests } from './fault-tests.js';
import { torture } from './torture.js';

// The short sizes; `npm run torture -- all --full` runs the full ones. The seed is printed with the name of each.
const seed = 20_260_206;

describe(`torture, seed ${seed}`, () => {
  it.each(faultTests.map((test) => [test.name, test] as const))(
    '%s',
    async (_, test) => {
      const { verdict, anomalies, figures, proofs } = await torture(test, { seed, length: 'short', log: () => {} });
      expect({ verdict, anomalies, figures, proofs }).toEqual({ verdict: 'passed', anomalies: [], figures, proofs });
    },
    180_000,
  );
});
