import { z } from 'zod';

const expected = 'expected a text of 1 to 500 characters';

/** Why an operator does what cannot be undone. */
export const reason = z
  .string(expected)
  .trim()
  .min(1, expected)
  .max(500, expected)
  .describe('Why; it stands in the audit log.');
