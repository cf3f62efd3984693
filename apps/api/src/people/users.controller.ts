import { type ApiResponse } from '@allim/contracts';
import { AccessGuard, Answers, ApiOperation, NeedsScope, ok, Protected, QueryFields } from '@allim/http';
import { ErasureStore } from '@allim/store';
import { Controller, Delete, Param, Query, UseGuards } from '@nestjs/common';
import { z } from 'zod';
import { Revocations } from '../access/revocations.js';
import { userIdText } from './person-fields.js';

/** Shorter than what gateways and clients wait for an answer. */
const budgetMs = 20_000;

const whomParam = userIdText.describe('Who is to be forgotten.');

const eraseQuery = z.strictObject({
  from: z
    .string()
    .regex(/^[\da-f]{32}$/, 'expected what an erasure answered as next')
    .optional()
    .describe('Where an erasure stopped: its `next`.'),
});

const count = z.int();
const erasure = z.object({
  removed: z
    .object({
      contacts: count,
      devices: count,
      preferences: count,
      subscriptions: count,
      deliveries: count,
      attempts: count,
      reports: count,
      notifications: count,
      inboxes: count,
      deadLetters: count.describe('Those whose record had the person as its key: what they held. They are discarded.'),
      ledgerEntries: count.describe('Entries that no longer say whose they are; a replay meets them still.'),
    })
    .describe('What this call has removed.'),
  next: z
    .string()
    .nullable()
    .describe('Null: done. Else the ledger is too large for one call: repeat with this as `from`.'),
});

@Controller('api/v1/users')
@UseGuards(AccessGuard)
@Protected('people')
export class UsersController {
  constructor(
    private readonly erasures: ErasureStore,
    private readonly revocations: Revocations,
  ) {}

  @Delete(':userId')
  @NeedsScope('ops')
  @ApiOperation({
    summary: 'Erases a person: every row that is about them, and their sessions. Scope "ops".',
    description:
      'Idempotent; repeat it after an error. What Kafka keeps of events is not reached, and is not processed again: no replay brings back what was erased.',
  })
  @QueryFields(eraseQuery)
  @Answers(erasure, 'C002')
  async erase(
    @Param('userId', { schema: whomParam }) userId: string,
    @Query({ schema: eraseQuery }) { from }: z.infer<typeof eraseQuery>,
  ): Promise<ApiResponse<z.infer<typeof erasure>>> {
    // First: an app that is still signed in would register its device again.
    await this.revocations.revoke(userId);
    return ok(await this.erasures.erase(userId, { from, budgetMs }));
  }
}
