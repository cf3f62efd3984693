import { deadLetterStates } from '@allim/contracts';
import { digits } from '@allim/http';
import { z } from 'zod';
import { size } from '../pages.js';

const topic = z.string().min(1).max(249).optional().describe('The topic on which the record failed, whole.');
const state = z
  .enum(deadLetterStates, `expected one of ${deadLetterStates.join(', ')}`)
  .optional()
  .describe('What became of it.');

const momentExpected = 'expected a moment in UTC, like 2026-02-06T10:00:00Z';
const moment = z.iso
  .datetime(momentExpected)
  .transform((text) => new Date(text))
  .optional()
  .meta({ type: 'string', format: 'date-time' });

/** Which cases. The command line and the console write the same names. */
export const deadLettersQuery = z.strictObject({
  topic,
  class: z.string().min(1).max(100).optional().describe('Error class, such as bad-json.'),
  group: z
    .string()
    .regex(/^[\da-f]{32}$/, 'expected the id of a group: 32 hexadecimal digits')
    .optional()
    .describe('Those of one group, as /groups names it.'),
  key: z.string().min(1).max(1_024).optional().describe('The record’s key, whole.'),
  since: moment.describe('Failed last at this moment or later.'),
  until: moment.describe('Failed last before this moment.'),
  text: z.string().min(1).max(200).optional().describe('Somewhere in the error’s message, or early in the payload.'),
  state,
  before: digits({ min: 1 }).optional().describe('Cases below this number; newest first.'),
  size,
});
export type DeadLettersQuery = z.infer<typeof deadLettersQuery>;

export const groupsQuery = z.strictObject({
  topic,
  state: state.describe('Of cases in this state; default open.'),
  size,
});
export type GroupsQuery = z.infer<typeof groupsQuery>;

export const numberParam = digits({ min: 1 }).describe('Number of a case.');
