import { type ApiResponse } from '@allim/contracts';
import {
  Accepts,
  AccessGuard,
  ApiHeader,
  ApiOperation,
  ByCaller,
  type Caller,
  JsonBody,
  NeedsScope,
  ok,
  Protected,
  readShape,
} from '@allim/http';
import { Body, Controller, Headers, HttpCode, Post, Query, RawBody, UseGuards } from '@nestjs/common';
import { noQuery } from '../inbox/inbox-query.js';
import {
  idempotencyKey,
  readRequest,
  requestAccepted,
  requestBody,
  requestNames,
  requestValue,
} from './request-fields.js';
import { Requests, requestIdOf } from './requests.js';

@Controller('api/v1/requests')
@UseGuards(AccessGuard)
@Protected('requests')
export class RequestsController {
  constructor(private readonly requests: Requests) {}

  @Post()
  @HttpCode(202)
  @NeedsScope('notify')
  @ApiOperation({
    summary: 'Asks for a notification by template, as the event notification.requested does. Scope "notify".',
    description: 'Answered once Kafka has it for good. After a C005 it may or may not have been taken: repeat it.',
  })
  @ApiHeader({
    name: 'Idempotency-Key',
    description:
      'Names this request among those of the caller, so that repeating it makes no second notification. Without it every call is a request of its own.',
    schema: { type: 'string', pattern: '^[!-~]{1,200}$' },
  })
  @JsonBody(requestBody)
  @Accepts(requestAccepted, 'C002', 'N003')
  async request(
    @ByCaller() { userId }: Caller,
    @Body({ schema: requestNames }) fields: Record<string, unknown>,
    @RawBody() body: Buffer,
    @Headers('idempotency-key') key: unknown,
    @Headers('traceparent') traceparent: string | undefined,
    @Query({ schema: noQuery }) _query: object,
  ): Promise<ApiResponse<{ requestId: string }>> {
    const requestId = requestIdOf(userId, readShape(idempotencyKey.optional(), key, 'Idempotency-Key'));
    const value = requestValue(requestId, body);
    const { to } = readRequest(value, fields);
    await this.requests.publish('topic' in to ? to.topic : to.userId, value, traceparent);
    return ok({ requestId });
  }
}
