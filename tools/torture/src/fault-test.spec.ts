import { verdictOn } from './fault-test.js';

const kept = { name: 'exits', value: 0, atMost: 0 };
const hit = { name: 'kills', value: 3, atLeast: 1 };

describe('verdict', () => {
  it('passes when a fault has hit and every bound is kept', () => {
    expect(verdictOn({ figures: [kept], proofs: [hit] }, [])).toBe('passed');
  });

  it('fails on an anomaly or a bound', () => {
    expect(verdictOn({ figures: [kept], proofs: [hit] }, [{ name: 'lost', what: 'a' }])).toBe('failed');
    expect(verdictOn({ figures: [{ ...kept, value: 1 }], proofs: [hit] }, [])).toBe('failed');
    expect(verdictOn({ figures: [{ ...kept, value: Number.NaN }], proofs: [hit] }, [])).toBe('failed');
  });

  it('is void when no fault has hit, or nothing proves it', () => {
    expect(verdictOn({ figures: [kept], proofs: [{ ...hit, value: 0 }] }, [])).toBe('void');
    expect(verdictOn({ figures: [kept], proofs: [] }, [])).toBe('void');
  });
});
