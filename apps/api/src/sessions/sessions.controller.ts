import { type ApiResponse, limits } from '@allim/contracts';
import { AccessGuard, Answers, ApiOperation, JsonBody, NeedsScope, ok, Protected } from '@allim/http';
import { Body, Controller, HttpCode, Post, Query, UseGuards } from '@nestjs/common';
import { z } from 'zod';
import { Revocations } from '../access/revocations.js';
import { noQuery } from '../inbox/inbox-query.js';

const revokeRequest = z.strictObject({
  userId: z.string().min(1).max(limits.userId),
  sessionId: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('The token\'s "sid" or "jti"; left out: all tokens of the user that were issued up to now.'),
});

@Controller('api/v1/sessions')
@UseGuards(AccessGuard)
@Protected('sessions')
export class SessionsController {
  constructor(private readonly revocations: Revocations) {}

  @Post('revoke')
  @HttpCode(200)
  @NeedsScope('ops')
  @ApiOperation({ summary: 'Ends sessions on every node; their tokens are refused from now on. Scope "ops".' })
  @JsonBody(revokeRequest)
  @Answers(undefined, 'C002')
  async revoke(
    @Body({ schema: revokeRequest }) { userId, sessionId }: z.infer<typeof revokeRequest>,
    @Query({ schema: noQuery }) _query: object,
  ): Promise<ApiResponse<void>> {
    return ok(await this.revocations.revoke(userId, sessionId));
  }
}
