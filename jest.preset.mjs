// One preset for every package: ESM, swc, and `@allim/<lib>` mapped to its source, so that tests need no build.
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));

const swc = {
  jsc: {
    target: 'es2024',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    keepClassNames: true,
  },
  module: { type: 'es6' },
  sourceMaps: 'inline',
};

/** @param {'unit' | 'int' | 'e2e'} level which files: `x.spec.ts`, `x.int.spec.ts` or `x.e2e.spec.ts` */
export function preset(level = process.env.TEST_LEVEL ?? 'unit') {
  const match = {
    unit: '**/src/**/!(*.int|*.e2e).spec.ts',
    int: '**/src/**/*.int.spec.ts',
    e2e: '**/src/**/*.e2e.spec.ts',
  };
  return {
    testEnvironment: 'node',
    testMatch: [match[level]],
    extensionsToTreatAsEsm: ['.ts'],
    transform: { '^.+\\.ts$': ['@swc/jest', swc] },
    moduleNameMapper: {
      '^@allim/(stack|mailbox)$': `${root}tools/$1/src/index.ts`,
      '^@allim/([a-z-]+)$': `${root}libs/$1/src/index.ts`,
      '^(\\.{1,2}/.*)\\.js$': '$1',
    },
    maxWorkers: level === 'unit' ? 2 : 1,
    testTimeout: level === 'unit' ? 5_000 : 60_000,
    errorOnDeprecated: true,
  };
}
