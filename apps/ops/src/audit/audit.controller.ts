import { type ApiResponse } from '@allim/contracts';
import { AccessGuard, Answers, ApiOperation, digits, NeedsScope, ok, Protected, QueryFields } from '@allim/http';
import { auditActions, type Database, readAudit } from '@allim/store';
import { Controller, Get, Inject, Query, UseGuards } from '@nestjs/common';
import { z } from 'zod';
import { defaultSize, pageOf, size } from '../pages.js';

/** Token of the database that the audit log is read from. */
export const auditDatabase = Symbol('audit database');

const auditQuery = z.strictObject({
  actor: z.string().min(1).max(256).optional().describe('Who did it, whole.'),
  action: z.enum(auditActions, `expected one of ${auditActions.join(', ')}`).optional(),
  before: digits({ min: 1 }).optional().describe('Entries below this number; newest first.'),
  size,
});

const auditShown = z.object({
  items: z.array(
    z.object({
      number: z.int(),
      at: z.iso.datetime(),
      actor: z.string().describe('"allim" is the program itself.'),
      action: z.enum(auditActions),
      reason: z.string().nullable(),
      subject: z
        .record(z.string(), z.unknown())
        .describe('What it was done to: numbers of cases, or a job and its set.'),
    }),
  ),
  next: z.int().nullable(),
});
export type AuditShown = z.infer<typeof auditShown>;

/** Who did what, to what, when and why. */
@Controller('api/v1/ops/audit')
@UseGuards(AccessGuard)
@Protected('audit')
export class AuditController {
  constructor(@Inject(auditDatabase) private readonly database: Database) {}

  @Get()
  @NeedsScope('ops:read')
  @ApiOperation({ summary: 'What operators did, newest first. Scope "ops:read".' })
  @QueryFields(auditQuery)
  @Answers(auditShown, 'C002')
  async list(@Query({ schema: auditQuery }) query: z.infer<typeof auditQuery>): Promise<ApiResponse<AuditShown>> {
    const { size = defaultSize, ...asked } = query;
    const entries = await readAudit(this.database, { ...asked, limit: size + 1 });
    const { items, next } = pageOf(entries, size);
    return ok({ items: items.map((one) => ({ ...one, at: one.at.toISOString() })), next });
  }
}
