import { verdictOf } from './canary.js';

describe('the canary', () => {
  it.each([
    [{ published: 99, failed: 99 }, undefined],
    [{ published: 100, failed: 5 }, undefined],
    [{ published: 100, failed: 6 }, '6 of 100 have failed again: more than 5 %'],
    [{ published: 10_000, failed: 500 }, undefined],
    [{ published: 10_000, failed: 501 }, '501 of 10000 have failed again: more than 5 %'],
  ])('says of %j: %s', (trial, verdict) => {
    expect(verdictOf(trial)).toBe(verdict);
  });
});
