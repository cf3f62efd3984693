import fc from 'fast-check';
import { type DailyHours, firstOutside, isWithin, wallClock } from './hours.js';

const minutes = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
const hours = (text: string): DailyHours => ({ from: minutes(text.slice(0, 5)), until: minutes(text.slice(6)) });
const first = (zone: string, at: string, ...texts: string[]) =>
  firstOutside(texts.map(hours), wallClock(zone), new Date(at))?.toISOString().replace(':00.000Z', 'Z');

describe('isWithin', () => {
  it.each([
    ['09:00-17:00', '08:59', false],
    ['09:00-17:00', '09:00', true],
    ['09:00-17:00', '16:59', true],
    ['09:00-17:00', '17:00', false],
    ['22:00-07:00', '21:59', false],
    ['22:00-07:00', '22:00', true],
    ['22:00-07:00', '00:00', true],
    ['22:00-07:00', '06:59', true],
    ['22:00-07:00', '07:00', false],
    ['00:00-24:00', '23:59', true],
    ['22:00-24:00', '00:00', false],
    ['12:00-12:00', '12:00', false],
  ])('%s at %s: %s', (text, time, expected) => {
    expect(isWithin(hours(text), minutes(time))).toBe(expected);
  });
});

describe('wallClock', () => {
  it.each([
    ['Asia/Seoul', '2026-02-06T15:00:00Z', '00:00'],
    ['Asia/Kathmandu', '2026-02-06T15:00:59.999Z', '20:45'],
    ['America/New_York', '2026-02-06T15:00:00Z', '10:00'],
    ['America/New_York', '2026-07-06T15:00:00Z', '11:00'],
    // What no zone is called shows the time of Seoul.
    ['Nowhere/City', '2026-02-06T15:00:00Z', '00:00'],
    ['', '2026-02-06T15:00:00Z', '00:00'],
  ])('of %s at %s shows %s', (zone, at, time) => {
    expect(wallClock(zone).minuteOfDay(Date.parse(at))).toBe(minutes(time));
  });

  it('survives any name for a zone, however many', () => {
    fc.assert(
      fc.property(fc.string(), (zone) => {
        expect(wallClock(zone).minuteOfDay(0)).toBeLessThan(1_440);
      }),
      { numRuns: 300 },
    );
  });
});

describe('firstOutside', () => {
  it.each([
    ['Asia/Seoul', '2026-02-06T05:00Z', ['22:00-07:00'], '2026-02-06T05:00Z'],
    ['Asia/Seoul', '2026-02-06T12:59:59.999Z', ['22:00-07:00'], '2026-02-06T12:59:59.999Z'],
    ['Asia/Seoul', '2026-02-06T13:00Z', ['22:00-07:00'], '2026-02-06T22:00Z'],
    ['Asia/Seoul', '2026-02-06T21:59:59.999Z', ['22:00-07:00'], '2026-02-06T22:00Z'],
    ['Asia/Seoul', '2026-02-06T22:00Z', ['22:00-07:00'], '2026-02-06T22:00Z'],
    ['Asia/Seoul', '2026-02-06T13:00Z', ['22:00-24:00'], '2026-02-06T15:00Z'],
    // One after the other, overlapping, one within the other.
    ['Asia/Seoul', '2026-02-06T13:00Z', ['21:00-08:00', '07:00-09:30'], '2026-02-07T00:30Z'],
    ['Asia/Seoul', '2026-02-06T13:00Z', ['07:00-09:30', '21:00-08:00'], '2026-02-07T00:30Z'],
    ['Asia/Seoul', '2026-02-06T13:00Z', ['23:00-01:00', '21:00-08:00'], '2026-02-06T23:00Z'],
    ['Asia/Seoul', '2026-02-06T13:00Z', ['21:00-08:00', '08:00-20:59'], '2026-02-07T11:59Z'],
    // Clocks go forward on 8 March 2026 at 07:00Z (02:00 → 03:00), back on 1 November at 06:00Z (02:00 → 01:00).
    ['America/New_York', '2026-03-08T04:00Z', ['22:00-07:00'], '2026-03-08T11:00Z'],
    ['America/New_York', '2026-03-08T04:00Z', ['22:00-02:30'], '2026-03-08T07:00Z'],
    ['America/New_York', '2026-03-08T04:00Z', ['22:00-02:00'], '2026-03-08T07:00Z'],
    ['America/New_York', '2026-03-08T04:00Z', ['22:00-03:00'], '2026-03-08T07:00Z'],
    ['America/New_York', '2026-11-01T03:00Z', ['22:00-07:00'], '2026-11-01T12:00Z'],
    ['America/New_York', '2026-11-01T03:00Z', ['22:00-02:00'], '2026-11-01T07:00Z'],
    ['America/New_York', '2026-11-01T03:00Z', ['22:00-01:30'], '2026-11-01T05:30Z'],
    ['America/New_York', '2026-11-01T06:10Z', ['22:00-01:30'], '2026-11-01T06:30Z'],
    // By half an hour, back on 4 April 2026 at 15:00Z.
    ['Australia/Lord_Howe', '2026-04-04T12:00Z', ['22:00-07:00'], '2026-04-04T20:30Z'],
    // At midnight, forward on 23 April 2026 at 22:00Z.
    ['Africa/Cairo', '2026-04-23T19:00Z', ['20:00-00:30'], '2026-04-23T22:00Z'],
  ])('%s, from %s, outside %j: %s', (zone, at, texts, expected) => {
    expect(first(zone, at, ...texts)).toBe(expected);
  });

  it.each([[['00:00-24:00']], [['08:00-21:00', '21:00-08:00']], [['22:00-10:00', '09:00-16:00', '15:00-23:00']]])(
    'is never outside %j',
    (texts) => {
      expect(first('America/New_York', '2026-03-08T04:00Z', ...texts)).toBeUndefined();
    },
  );

  it('is the first minute a clock shows that is outside, in every zone, also when clocks are changed', () => {
    const zone = fc.constantFrom(
      ...['America/New_York', 'America/Santiago', 'Europe/London', 'Africa/Cairo', 'Africa/Casablanca'],
      ...['Asia/Seoul', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'Pacific/Chatham', 'UTC'],
    );
    const minute = fc.nat(1_439);
    const some = fc.array(fc.record({ from: minute, until: minute }), { minLength: 1, maxLength: 2 });
    // Half of them in the weeks in which New York, London, Chatham and Cairo change theirs.
    const day = 86_400_000;
    const around = (date: string) => fc.nat(9 * day).map((passed) => new Date(Date.parse(date) - 2 * day + passed));
    const earliest = fc.oneof(
      fc.date({ min: new Date('2026-01-01'), max: new Date('2036-01-01'), noInvalidDate: true }),
      fc.constantFrom('2026-03-06', '2026-03-28', '2026-04-04', '2026-10-24', '2026-10-31').chain(around),
    );
    fc.assert(
      fc.property(zone, some, earliest, (timeZone, all, from) => {
        // Read by another format than the code's.
        const format = new Intl.DateTimeFormat('sv-SE', { timeZone, timeStyle: 'short' });
        const isOutside = (at: number) => !all.some((one) => isWithin(one, minutes(format.format(at))));
        let expected: number | undefined = from.getTime();
        for (let step = Math.floor(expected / 60_000) * 60_000; !isOutside(expected); ) {
          step += 60_000;
          expected = step;
          if (step > from.getTime() + 2 * day) {
            expected = undefined;
            break;
          }
        }
        expect(firstOutside(all, wallClock(timeZone), from)?.getTime()).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });
});
