import { filterOf, localMoment, utcMoment } from './filter.js';

describe('the filter in the address', () => {
  it('is what the API knows, and nothing that is empty', () => {
    expect(filterOf(new URLSearchParams('topic=a&text=&before=5&state=open&x=y'))).toEqual({
      topic: 'a',
      state: 'open',
    });
  });

  it('has moments in UTC, the form in local time', () => {
    const iso = '2026-02-06T10:00:00Z';
    expect(localMoment(iso)).toMatch(/^2026-02-0[567]T\d\d:\d\d$/);
    expect(utcMoment(localMoment(iso))).toBe(iso);
    expect([localMoment('x'), localMoment(undefined), utcMoment('')]).toEqual(['', '', '']);
  });
});
