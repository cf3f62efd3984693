import { type Anomaly } from './anomaly.js';
import { check } from './checker.js';
import { type Entry, type Happening } from './history.js';

const sent = (event: string, user = 'u', stream = 's'): Happening => ({ kind: 'sent', event, user, stream });
const acknowledged = (event: string): Happening => ({ kind: 'acknowledged', event });
const row = (id: number, event: string, user = 'u'): Happening => ({ kind: 'row', id, event, user });
const received = (id: number, event: string): Happening => ({ kind: 'received', client: 'c', id, event });
const client: Happening = { kind: 'client', client: 'c', user: 'u' };
const poisoned: Happening = { kind: 'poisoned', place: 't/0/7', poison: 'bad-json' };
const letter = (differs?: string): Happening => ({ kind: 'letter', place: 't/0/7', differs });

const names = (...happenings: Happening[]): Anomaly['name'][] =>
  check(happenings.map((one, at): Entry => ({ at, ...one }))).map((anomaly) => anomaly.name);

const two = [sent('a'), acknowledged('a'), sent('b'), acknowledged('b')];

describe('checker', () => {
  it('finds nothing in a history in which all went well', () => {
    const all = [...two, sent('a'), acknowledged('a'), row(1, 'a'), row(2, 'b'), poisoned, letter(), client];
    expect(names(...all, received(1, 'a'), received(2, 'b'))).toEqual([]);
  });

  it('takes a row of an event that was sent and never acknowledged for what it is: allowed', () => {
    expect(names(sent('a'), row(1, 'a'))).toEqual([]);
    expect(names(sent('a'))).toEqual([]);
  });

  it('keeps streams apart: only within one is there an order', () => {
    expect(names(sent('a', 'u', 's1'), sent('b', 'u', 's2'), row(1, 'b'), row(2, 'a'))).toEqual([]);
  });

  it.each<[string, Anomaly['name'][], Happening[]]>([
    ['an acknowledged event without a row', ['lost'], [...two, row(1, 'a')]],
    ['an event with two rows', ['duplicate'], [sent('a'), row(1, 'a'), row(2, 'a')]],
    ['one id twice', ['duplicate'], [...two, row(1, 'a'), row(1, 'b')]],
    ['a gap in the ids', ['lost'], [...two, row(1, 'a'), row(3, 'b')]],
    ['ids that do not begin at 1', ['lost'], [sent('a'), row(2, 'a')]],
    ['rows against the order of sending', ['reordered'], [...two, row(1, 'b'), row(2, 'a')]],
    ['a row of an event nobody sent', ['phantom'], [row(1, 'x')]],
    ['a row in somebody else’s inbox', ['phantom'], [sent('a', 'u'), row(1, 'a', 'v')]],
    ['poison without a letter', ['lost'], [poisoned]],
    ['two letters of one record', ['duplicate'], [poisoned, letter(), letter()]],
    ['a letter that is not as its record was', ['lost'], [poisoned, letter('value')]],
    ['a letter of a good record', ['phantom'], [letter()]],
    ['a client that never got a row', ['lost'], [sent('a'), row(1, 'a'), client]],
    [
      'a client that got a row twice',
      ['duplicate'],
      [sent('a'), row(1, 'a'), client, received(1, 'a'), received(1, 'a')],
    ],
    [
      'a client that got rows out of order',
      ['reordered'],
      [...two, row(1, 'a'), row(2, 'b'), client, received(2, 'b'), received(1, 'a')],
    ],
    ['a client that got what is not in its inbox', ['phantom'], [client, received(1, 'a')]],
    ['a row without a hint', ['lost'], [...two, row(1, 'a'), row(2, 'b'), { kind: 'hinted', user: 'u', id: 1 }]],
    ['recovery that never came', ['stuck'], [{ kind: 'recovered', what: 'lag 0', ms: null, limitMs: 60_000 }]],
    ['recovery that came too late', ['stuck'], [{ kind: 'recovered', what: 'lag 0', ms: 61_000, limitMs: 60_000 }]],
  ])('finds %s', (_, anomalies, happenings) => {
    expect(names(...happenings)).toEqual(anomalies);
  });

  it('excuses a second letter after a crash', () => {
    expect(names({ ...poisoned, again: true }, letter(), letter())).toEqual([]);
  });

  it('lets a position make good for hints before it', () => {
    const hinted: Happening = { kind: 'hinted', user: 'u', id: 1 };
    const positioned: Happening = { kind: 'positioned', user: 'u', lastId: 2 };
    expect(names(...two, row(1, 'a'), row(2, 'b'), hinted, positioned)).toEqual([]);
  });
});
