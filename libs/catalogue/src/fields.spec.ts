import { limits } from '@allim/contracts';
import { z } from 'zod';
import { DataError } from './data-error.js';
import { check } from './entry.js';
import { amount, id, note, optional, person, shown, time } from './fields.js';
import { readValue } from './value.js';

const schemas = { id, person, amount, time, shown, note, optionalId: optional(id), optionalTime: optional(time) };

/** A field as it is read from JSON text; without text it is absent. */
function read(kind: keyof typeof schemas, json?: string): unknown {
  const record = readValue(Buffer.from(json === undefined ? '{}' : `{"field":${json}}`));
  return check('topic', z.object({ field: schemas[kind] }), record).field;
}

describe('fields', () => {
  it.each([
    ['id', '"ORD-1"', 'ORD-1'],
    ['id', '42', '42'],
    ['id', '-7', '-7'],
    ['id', '9223372036854775807', '9223372036854775807'],
    ['id', '"사용자 1"', '사용자 1'],
    ['optionalId', 'null', null],
    ['optionalId', undefined, undefined],
    ['amount', '45000', '45000'],
    ['amount', '"45000.50"', '45000.5'],
    ['amount', '0.1', '0.1'],
    ['amount', '1E+5', '100000'],
    ['amount', '1e21', '1000000000000000000000'],
    ['amount', '12345678901234567890.12', '12345678901234567890.12'],
    ['time', '[2026,2,6,10,0,0]', '2026-02-06T10:00:00.000Z'],
    ['optionalTime', 'null', null],
    ['shown', '"a\\u0007\\n"', 'a\u0007\n'],
    ['shown', '"\\ud83d"', '\ufffd'],
    ['shown', 'null', ''],
    ['shown', undefined, ''],
    ['note', undefined, undefined],
  ] as const)('%s takes %s as %j', (kind, json, value) => {
    expect(read(kind, json)).toEqual(value);
  });

  it.each([
    ['id', undefined, 'bad-schema'],
    ['id', 'null', 'bad-schema'],
    ['id', '""', 'bad-schema'],
    ['id', '1.5', 'bad-schema'],
    ['id', '1e20', 'bad-schema'],
    ['id', '12345678901234567.5', 'bad-schema'],
    ['id', 'true', 'bad-schema'],
    ['id', '["a"]', 'bad-schema'],
    ['id', '{"toString":"a"}', 'bad-schema'],
    ['id', '"a\\u0000b"', 'bad-schema'],
    ['id', '"a\\nb"', 'bad-schema'],
    ['id', '"a\\u0085b"', 'bad-schema'],
    ['id', '"\\ud83d"', 'bad-schema'],
    ['id', `"${'a'.repeat(limits.referenceId + 1)}"`, 'too-long'],
    ['id', '1'.repeat(limits.referenceId + 1), 'too-long'],
    ['person', `"${'a'.repeat(limits.userId + 1)}"`, 'too-long'],
    ['optionalId', '{}', 'bad-schema'],
    ['amount', undefined, 'bad-schema'],
    ['amount', '""', 'bad-schema'],
    ['amount', '"45,000"', 'bad-schema'],
    ['amount', 'true', 'bad-schema'],
    ['amount', '1E+1000', 'too-long'],
    ['time', '1770372000', 'bad-schema'],
    ['optionalTime', '"soon"', 'bad-schema'],
    ['shown', '5', 'bad-schema'],
    ['shown', '{}', 'bad-schema'],
    ['note', '5', 'bad-schema'],
  ] as const)('%s refuses %s', (kind, json, errorClass) => {
    expect(() => read(kind, json)).toThrow(
      expect.objectContaining({ errorClass, message: expect.stringMatching(/^topic: field: .*expected /) }),
    );
  });

  it('counts code points, not code units', () => {
    expect(read('person', `"${'😀'.repeat(limits.userId)}"`)).toHaveLength(2 * limits.userId);
    expect(() => read('person', `"${'😀'.repeat(limits.userId + 1)}"`)).toThrow(DataError);
  });

  it('says what is wrong without repeating the payload, and briefly', () => {
    const wrong = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`field-${'x'.repeat(60)}${i}`, id]));
    try {
      check('topic', z.object(wrong), { secret: 'hong@example.com' });
      throw new Error('was accepted');
    } catch (error) {
      expect(error).toBeInstanceOf(DataError);
      expect((error as DataError).message.length).toBeLessThanOrEqual(300);
      expect((error as DataError).message).not.toContain('hong');
    }
  });
});
