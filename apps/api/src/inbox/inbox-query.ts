import { digits } from '@allim/http';
import { z } from 'zod';

const size = digits({ min: 1, max: 100 }).optional().describe('Items of a page, 1 to 100; default 20.');

/** A page by number, or by cursor: the one or the other. */
export const listQuery = z
  .strictObject({
    page: digits({ min: 1 }).optional().describe('Page number from 1, newest first; default 1. Not with a cursor.'),
    size,
    before: digits({ min: 1 }).optional().describe('Ids below this one, newest first.'),
    after: digits({ min: 0 }).optional().describe('Ids above this one, ascending.'),
  })
  .refine(({ before, after }) => before === undefined || after === undefined, {
    path: ['after'],
    error: 'expected either before or after',
  })
  .refine(({ page, before, after }) => page === undefined || (before ?? after) === undefined, {
    path: ['page'],
    error: 'expected either page or a cursor (before, after)',
  });
export type ListQuery = z.infer<typeof listQuery>;

export const defaultSize = 20;

export const noQuery = z.strictObject({});

export const idParam = digits({ min: 1 }).describe('Id of a notification: its position in the inbox.');
