import {
  checkAttempts,
  type DeliveryCase,
  type Facts,
  type LoggedAttempt,
  type OutcomeKind,
} from './attempt-checker.js';

const second = 1_000;
const refused: DeliveryCase = {
  delivery: 'd',
  fault: '450',
  outcomes: [['temporary'], ['accepted']],
  outage: false,
  state: 'accepted',
  offers: 2,
};

/** One that was refused once, had to wait for 2 s, and went out. */
const good: Facts = {
  cases: [refused],
  attempts: [attempt(1, 'temporary', 0), attempt(2, 'accepted', 3)],
  offers: [
    { delivery: 'd', at: 10, notBefore: 2 * second },
    { delivery: 'd', at: 3 * second + 10, notBefore: null },
  ],
  taken: [{ delivery: 'd', key: '<d@mail.example.com>' }],
  waits: [{ delivery: 'd', seenAt: second, dueAt: 2.5 * second }],
  rows: [{ delivery: 'd', state: 'accepted', attempts: 2, tries: [tried(1, 'temporary'), tried(2, 'accepted')] }],
  outages: [],
  breaker: [],
};

const keptOffer = { delivery: 'd', at: 0, notBefore: null, byKeptConnection: true };

/** One whose provider was down for everybody from 0 to 10 s. */
const down: Facts = {
  ...good,
  cases: [{ ...refused, outcomes: [['accepted']], outage: true, offers: undefined }],
  attempts: [attempt(1, 'infrastructure', 0), attempt(1, 'infrastructure', 6), attempt(1, 'accepted', 12)],
  offers: [],
  waits: [],
  rows: [{ delivery: 'd', state: 'accepted', attempts: 1, tries: [tried(1, 'accepted')] }],
  outages: [{ name: 'AUTH', from: 0, until: 10 * second, probeMs: 5 * second }],
  breaker: [{ at: 100, state: 'open' }],
};

function attempt(number: number, outcome: OutcomeKind, at: number): LoggedAttempt {
  return { delivery: 'd', attempt: number, outcome, reason: null, from: at * second, until: at * second + 100 };
}
function tried(number: number, outcome: string) {
  return { attempt: number, outcome, provider: 'smtp' };
}

const names = (facts: Facts) => [...new Set(checkAttempts(facts).map(({ name }) => name))];

describe('attempts', () => {
  it('are as they should be', () => {
    expect(checkAttempts(good)).toEqual([]);
    expect(checkAttempts(down)).toEqual([]);
  });

  it('may begin by a kept connection that ends', () => {
    expect(checkAttempts({ ...good, offers: [keptOffer, ...good.offers] })).toEqual([]);
  });

  it('may be doubled where nobody could know of the first', () => {
    const unclear = {
      cases: [{ ...refused, outcomes: [['ambiguous'], ['accepted']] as OutcomeKind[][] }],
      attempts: [attempt(1, 'ambiguous', 0), attempt(2, 'accepted', 3)],
      rows: [{ ...good.rows[0]!, tries: [tried(1, 'ambiguous'), tried(2, 'accepted')] }],
    };
    expect(checkAttempts({ ...good, ...unclear, taken: [...good.taken, ...good.taken] })).toEqual([]);
  });

  it.each<[string, string[], Facts]>([
    ['the wrong class', ['misjudged'], { ...good, cases: [{ ...refused, outcomes: [['ambiguous'], ['accepted']] }] }],
    ['one attempt too few', ['misjudged'], { ...good, cases: [{ ...refused, outcomes: [['temporary']] }] }],
    [
      'infrastructure where nothing was down',
      ['misjudged', 'burnt', 'unrecorded'],
      { ...good, attempts: [attempt(1, 'infrastructure', 0), attempt(2, 'accepted', 3)] },
    ],
    [
      'an attempt burnt by an outage',
      ['burnt', 'unrecorded'],
      { ...down, attempts: [attempt(1, 'infrastructure', 0), attempt(2, 'accepted', 12)] },
    ],
    ['a count that is wrong', ['burnt'], { ...good, rows: [{ ...good.rows[0]!, attempts: 1 }] }],
    ['begun before it was due', ['hasty'], { ...good, waits: [{ delivery: 'd', seenAt: second, dueAt: 4 * second }] }],
    [
      'due before the provider wanted it',
      ['hasty'],
      { ...good, waits: [{ delivery: 'd', seenAt: second, dueAt: 1.5 * second }] },
    ],
    [
      'begun before the provider wanted it',
      ['hasty'],
      { ...good, waits: [], offers: [{ ...good.offers[0]!, notBefore: 5 * second }, good.offers[1]!] },
    ],
    ['no row', ['lost'], { ...good, rows: [] }],
    ['the wrong state', ['lost'], { ...good, rows: [{ ...good.rows[0]!, state: 'undeliverable' }] }],
    ['accepted and not there', ['lost'], { ...good, taken: [] }],
    ['there twice', ['duplicate'], { ...good, taken: [...good.taken, ...good.taken] }],
    ['there under another name', ['duplicate'], { ...good, taken: [{ delivery: 'd', key: '<x@mail.example.com>' }] }],
    ['asked behind our back', ['duplicate'], { ...good, cases: [{ ...refused, offers: 1 }] }],
    [
      'an attempt without a row',
      ['unrecorded'],
      { ...good, rows: [{ ...good.rows[0]!, tries: [tried(2, 'accepted')] }] },
    ],
    [
      'a row without an attempt',
      ['unrecorded'],
      { ...good, rows: [{ ...good.rows[0]!, tries: [...good.rows[0]!.tries, tried(3, 'accepted')] }] },
    ],
    ['a breaker that stays closed', ['hammered'], { ...down, breaker: [] }],
    [
      'an open breaker that lets more than probes through',
      ['hammered'],
      {
        ...down,
        attempts: [attempt(1, 'infrastructure', 6), attempt(1, 'infrastructure', 7), attempt(1, 'accepted', 12)],
      },
    ],
  ])('are found: %s', (_, expected, facts) => {
    expect(names(facts)).toEqual(expected);
  });
});
