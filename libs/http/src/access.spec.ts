import { Access } from './access.js';
import { Allowance } from './allowance.js';
import { type Caller } from './caller.js';
import { type Refusal } from './refusal.js';

const access = new Access(
  () => Promise.reject(new Error('nobody comes in here')),
  { refuse: () => false },
  new Allowance({ perSecond: 1_000, burst: 1_000 }),
);

const operator: Omit<Caller, 'scopes'> = {
  ...{ userId: 'operator-1', expiresAt: null, issuedAt: null, sessionId: null, byGateway: false },
};

/** The code it is refused with; undefined: it is allowed. */
function refusal(scopes: string[], needed?: string): string | undefined {
  try {
    access.allow({ ...operator, scopes }, needed);
    return undefined;
  } catch (error) {
    return (error as Refusal).code;
  }
}

describe('a scope that is needed', () => {
  it.each([
    [['ops:read'], 'ops:read'],
    [['notify', 'ops'], 'ops:read'],
    [['ops'], 'ops'],
    [[], undefined],
  ])('is there: %j for %s', (scopes, needed) => {
    expect(refusal(scopes, needed)).toBeUndefined();
  });

  it.each([
    [['ops:read'], 'ops'],
    [['ops'], 'ops:replay'],
    [['ops'], 'ops:payload'],
    [['ops:replay', 'ops:payload', 'op', 'OPS', 'ops:'], 'ops:read'],
    [[], 'ops:read'],
  ])('is not there: %j for %s', (scopes, needed) => {
    expect(refusal(scopes, needed)).toBe('C002');
  });
});
