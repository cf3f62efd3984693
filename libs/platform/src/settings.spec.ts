import { z } from 'zod';
import { address, commaList, loadSettings, SettingsError, wholeNumber } from './settings.js';

const schema = z.object({
  DATABASE_URL: address('mysql', 'mariadb').describe('Where the inbox is kept.'),
  SECRET: z.string().min(32, 'expected at least 32 bytes').describe('Signs tokens.'),
  SIZE: wholeNumber({ min: 1, max: 100 }).default(20).describe('Rows of a page.'),
  ORIGINS: commaList().default([]).describe('Origins that may connect.'),
});
const good = { DATABASE_URL: 'mysql://db:3306/allim', SECRET: 's'.repeat(32) };

function problemsOf(environment: NodeJS.ProcessEnv): string[] {
  try {
    loadSettings(schema, environment);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  throw new Error('was accepted');
}

describe('settings', () => {
  it('come from the environment, the others from their defaults', () => {
    expect(loadSettings(schema, { ...good, SIZE: '7', UNKNOWN: 'left alone' })).toEqual({
      ...good,
      SIZE: 7,
      ORIGINS: [],
    });
  });

  it('count as not set when they are empty', () => {
    expect(loadSettings(schema, { ...good, SIZE: '', ORIGINS: '' })).toMatchObject({ SIZE: 20, ORIGINS: [] });
    expect(problemsOf({ ...good, SECRET: '' })).toEqual(['SECRET: is required: Signs tokens.']);
  });

  it('are all named at once when they are wrong, with what was expected', () => {
    expect(problemsOf({ DATABASE_URL: 'redis://db', SIZE: '101' })).toEqual([
      'DATABASE_URL: expected an address like mysql://host:port',
      'SECRET: is required: Signs tokens.',
      'SIZE: expected a whole number from 1 to 100',
    ]);
  });

  it('that are wrong are never repeated: they may be secrets', () => {
    const wrong = { DATABASE_URL: 'hunter2', SECRET: 'hunter2', SIZE: 'hunter2' };
    expect(problemsOf(wrong)).toHaveLength(3);
    expect(new SettingsError(problemsOf(wrong)).message).not.toContain('hunter2');
  });

  it('may be checked together', () => {
    const together = schema.refine(({ SIZE }) => SIZE !== 13, 'expected SIZE and luck to agree');
    expect(() => loadSettings(together, { ...good, SIZE: '13' })).toThrow(
      '(together): expected SIZE and luck to agree',
    );
  });

  it('are told in one readable message', () => {
    expect(new SettingsError(['A: is required: the first.', 'B: expected more']).message).toBe(
      'wrong settings:\n  A: is required: the first.\n  B: expected more',
    );
  });
});

describe('a whole number', () => {
  it.each(['0', '101', '1.5', '-1', 'ten', '1e9', 'NaN', 'Infinity', ' ', '0x10', '7 '])('is not %j', (SIZE) => {
    expect(problemsOf({ ...good, SIZE })).toEqual(['SIZE: expected a whole number from 1 to 100']);
  });

  it('is not a blank, also where 0 would do', () => {
    expect(() => loadSettings(z.object({ N: wholeNumber() }), { N: ' ' })).toThrow(
      'N: expected a whole number from 0 to',
    );
  });

  it.each(['1', '100'])('may be %s, the limits included', (SIZE) => {
    expect(loadSettings(schema, { ...good, SIZE }).SIZE).toBe(Number(SIZE));
  });
});

describe('a comma list', () => {
  it('leaves out blanks and empty entries', () => {
    expect(loadSettings(schema, { ...good, ORIGINS: ' https://a.example , ,https://b.example,' }).ORIGINS).toEqual([
      'https://a.example',
      'https://b.example',
    ]);
  });
});

describe('an address', () => {
  it.each(['mysql://db', 'mariadb://user:word@db:3306/allim?ssl=true'])('may be %s', (DATABASE_URL) => {
    expect(loadSettings(schema, { ...good, DATABASE_URL }).DATABASE_URL).toBe(DATABASE_URL);
  });

  it.each(['db:3306', 'http://db', 'mysql', '//db', 'mysql:', 'mysql:db'])('is not %j', (DATABASE_URL) => {
    expect(problemsOf({ ...good, DATABASE_URL })).toEqual(['DATABASE_URL: expected an address like mysql://host:port']);
  });
});
