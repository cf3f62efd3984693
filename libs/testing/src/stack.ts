import { type Stack, type StackOptions, startStack } from '@allim/stack';

/**
 * Real Kafka, MariaDB and Redis for the specs of a file: started before the first, gone after the last.
 *
 * @returns a holder whose fields are there once `beforeAll` has run: use them inside specs and later hooks only
 */
export function useStack(options: StackOptions = {}): Stack {
  const stack = {} as Stack;
  // Ample, because the very first start on a machine installs the servers.
  beforeAll(async () => void Object.assign(stack, await startStack(options)), 300_000);
  afterAll(() => stack.stop?.());
  return stack;
}
