import { type DeliveryState } from '@allim/contracts';
import { type Anomaly } from './anomaly.js';
import { check } from './checker.js';
import { type Entry, type Happening, type Try } from './history.js';

const mail = { delivery: 'a', channel: 'email', number: 1 } as const;
const text = { delivery: 'b', channel: 'sms', number: 2 } as const;
const planned: Happening = { kind: 'planned', ...mail };
const arrived: Happening = { kind: 'arrived', channel: 'email', number: 1, key: 'a@x' };
const textArrived: Happening = { kind: 'arrived', channel: 'sms', number: 2, key: 'b' };
const ended = (at: number, program = 'email-1'): Entry => ({
  at,
  kind: 'exit',
  program,
  code: null,
  signal: 'SIGKILL',
  asked: true,
});

const accepted = (from = 0): Try => ({ from, until: from + 10, outcome: 'accepted', reason: null });
const guessed = (from: number): Try => ({ from, until: from + 3_000, outcome: 'ambiguous', reason: 'lease ran out' });
const row = (state: DeliveryState, tries: Try[], which: typeof mail | typeof text = mail): Happening => {
  const { delivery, channel } = which;
  return { kind: 'delivery', delivery, channel, state, attempts: tries.length, tries };
};

const at = (time: number, happening: Happening): Entry => ({ at: time, ...happening });
const names = (...entries: (Happening | Entry)[]): Anomaly['name'][] =>
  check(entries.map((one, index): Entry => ('at' in one ? one : { at: index, ...one }))).map((anomaly) => anomaly.name);

const repeated = [at(5, arrived), at(9_000, arrived)];

describe('checker of deliveries', () => {
  it('finds nothing where each has arrived once', () => {
    expect(names(planned, arrived, row('accepted', [accepted()]))).toEqual([]);
  });

  it('excuses a repeat by a death between the two, with the attempt on record as a guess', () => {
    const tries = [guessed(0), accepted(9_000)];
    expect(names(planned, ...repeated, ended(10), row('accepted', tries))).toEqual([]);
  });

  it('excuses what is parked by a death', () => {
    const parked = row('unknown', [guessed(0)], text);
    expect(names({ kind: 'planned', ...text }, textArrived, ended(10, 'sms-1'), parked)).toEqual([]);
    expect(names({ kind: 'planned', ...text }, ended(10, 'sms-1'), parked)).toEqual([]);
  });

  it.each<[string, Anomaly['name'][], (Happening | Entry)[]]>([
    ['a delivery without a row', ['lost'], [planned, arrived]],
    ['a row that nobody planned', ['phantom'], [row('accepted', [accepted()])]],
    ['what is accepted and never arrived', ['lost'], [planned, row('accepted', [accepted()])]],
    ['what was given up', ['lost'], [planned, row('undeliverable', [])]],
    ['what waits for ever', ['stuck'], [planned, row('dispatched', [])]],
    ['what is parked although it may be repeated', ['lost'], [planned, ended(10), row('unknown', [guessed(0)])]],
    ['what arrived unplanned', ['phantom'], [arrived]],
    ['a key that nobody knows', ['phantom'], [planned, { ...arrived, key: 'z' } as Happening, row('accepted', [])]],
    [
      'a repeat for which nobody had died',
      ['duplicate'],
      [planned, ...repeated, row('accepted', [{ ...guessed(0), reason: 'cut' }, accepted(9_000)])],
    ],
    [
      'a repeat with a death after it only',
      ['duplicate'],
      [planned, ...repeated, ended(9_500), row('accepted', [{ ...guessed(0), reason: 'cut' }, accepted(9_000)])],
    ],
    ['a repeat of what was noted', ['duplicate'], [planned, ...repeated, ended(10), row('accepted', [accepted()])]],
    [
      'a death of another channel’s worker',
      ['duplicate', 'phantom'],
      [planned, ...repeated, ended(10, 'push-1'), row('accepted', [guessed(0), accepted(9_000)])],
    ],
    [
      'a repeat of what is parked',
      ['duplicate'],
      [
        { kind: 'planned', ...text },
        at(5, textArrived),
        at(9_000, textArrived),
        ended(10, 'sms-1'),
        row('accepted', [guessed(0), accepted(9_000)], text),
      ],
    ],
    [
      'a lease that ran out, and nobody had died',
      ['phantom'],
      [planned, arrived, row('accepted', [guessed(0), accepted(0)])],
    ],
  ])('finds %s', (_, anomalies, entries) => {
    expect(names(...entries)).toEqual(anomalies);
  });
});
