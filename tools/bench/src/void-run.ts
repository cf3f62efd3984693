/** What was measured cannot be true, so it is no figure. */
export class VoidRun extends Error {
  override readonly name = 'VoidRun';
}

/** @throws a VoidRun unless both are the same */
export function mustEqual(what: string, actual: number, expected: number): void {
  if (actual !== expected) throw new VoidRun(`${what}: ${actual}, expected ${expected}`);
}
