import { endOf, lastSteps, seriesOf, stepsOf } from './steps.js';

const now = Date.UTC(2026, 1, 6, 10, 7, 30);

describe('steps of time', () => {
  it('are 48 to 96, and cover all of the hours', () => {
    for (let hours = 1; hours <= 168; hours++) {
      const steps = stepsOf(hours, now);
      const stepMs = steps.stepSeconds * 1_000;
      const [from, end] = [steps.from.getTime(), endOf(steps).getTime()];
      const facts = {
        isReadable: steps.count >= 48 && steps.count <= 96,
        isAligned: from % stepMs === 0,
        endsWithNow: end > now && end - stepMs <= now,
        // But for what of the first step is over.
        coversAll: now - from > hours * 3_600_000 - stepMs,
      };
      expect({ hours, ...facts }).toEqual({
        hours,
        ...{ isReadable: true, isAligned: true, endsWithNow: true, coversAll: true },
      });
    }
  });

  it('begin where a clock’s do', () => {
    expect(stepsOf(24, now)).toEqual({ from: new Date(Date.UTC(2026, 1, 5, 10, 15)), stepSeconds: 900, count: 96 });
    expect(lastSteps(2, 60, Date.UTC(2026, 1, 6, 10, 7))).toMatchObject({
      from: new Date(Date.UTC(2026, 1, 6, 10, 6)),
    });
  });
});

describe('series', () => {
  const counted = (topic: string, step: number, count: number) => ({ topic, step, count });

  it('are those of the topics that have most, the others together', () => {
    const all = [counted('a', 0, 1), counted('b', 1, 5), counted('c', 2, 2), counted('d', 1, 1), counted('a', 2, 3)];
    expect(seriesOf(all, { count: 3 }, 2)).toEqual({
      series: [
        { topic: 'b', total: 5, counts: [0, 5, 0] },
        { topic: 'a', total: 4, counts: [1, 0, 3] },
      ],
      others: { topics: 2, total: 3, counts: [0, 1, 2] },
    });
  });

  it('are none where nothing failed', () => {
    expect(seriesOf([], { count: 3 }, 2)).toEqual({ series: [], others: null });
    expect(seriesOf([counted('a', 0, 1)], { count: 1 }, 1).others).toBeNull();
  });
});
