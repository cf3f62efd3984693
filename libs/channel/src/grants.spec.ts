import { Grants } from './grants.js';

describe('Grants', () => {
  it('counts each until a second after it may last be used', () => {
    const grants = new Grants();
    grants.add(3, 50, 0);
    expect(grants.room(10, 5, 60)).toBe(2);
    expect(grants.room(1, 5, 60)).toBe(1);
    expect(grants.room(10, 5, 1_049)).toBe(2);
    expect(grants.room(10, 5, 1_050)).toBe(5);
  });

  it('says when there will be room, also under a limit that has shrunk', () => {
    const grants = new Grants();
    grants.add(1, 100, 100);
    grants.add(2, 300, 300);
    expect(grants.room(1, 3, 400)).toBe(0);
    expect(grants.waitMs(3, 400)).toBe(700);
    expect(grants.waitMs(2, 400)).toBe(900);
    expect(grants.waitMs(1, 400)).toBe(900);
  });

  it('takes back what was not used, and only that', () => {
    const grants = new Grants();
    grants.add(1, 50, 0);
    const entries = grants.add(2, 50, 0);
    grants.remove(entries.slice(1));
    expect(grants.room(10, 3, 50)).toBe(1);
  });

  it('never lets a sliding second hold more than the limit, however late each grant is used', () => {
    const limit = 7;
    const grants = new Grants();
    const used: number[] = [];
    let seed = 1;
    const random = () => {
      seed = (seed * 16_807) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    for (let now = 0; now < 60_000; now += random() * 40) {
      const slack = random() * 300;
      const room = grants.room(3, limit, now);
      for (const { usableUntil } of grants.add(room, now + slack, now)) used.push(now + random() * (usableUntil - now));
    }
    used.sort((one, other) => one - other);
    const fullest = Math.max(...used.map((from) => used.filter((at) => at >= from && at < from + 1_000).length));
    expect(used.length).toBeGreaterThan(250);
    expect(fullest).toBe(limit);
  });
});
