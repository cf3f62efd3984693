import { compareWithSchema } from '@allim/catalogue';
import { type ApiResponse } from '@allim/contracts';
import {
  AccessGuard,
  Answers,
  ApiOperation,
  ByCaller,
  type Caller,
  JsonBody,
  NeedsScope,
  ok,
  Protected,
  QueryFields,
  Refusal,
  readShape,
} from '@allim/http';
import { type DeadLetterCase, DeadLetterStore, type ReplayOfCase, ReplayStore } from '@allim/store';
import { Body, Controller, Get, HttpCode, Param, Post, Query, UseGuards } from '@nestjs/common';
import { defaultSize } from '../pages.js';
import {
  type DeadLettersQuery,
  deadLettersQuery,
  type GroupsQuery,
  groupsQuery,
  numberParam,
} from './dead-letters-query.js';
import {
  type DeadLetterShown,
  type DeadLetterSummary,
  type DeadLettersPage,
  type DiscardedShown,
  deadLetterShown,
  deadLettersPage,
  discardBody,
  discardedShown,
  type GroupsShown,
  groupsShown,
  type TopicsShown,
  topicsShown,
} from './dead-letters-shown.js';
import { showHeaders, shownBytes, showValue } from './payload.js';

/** Read what cases hold: keys, values and headers are other people's data. */
const payloadScope = 'ops:payload';

/** Replay jobs that one case names, at most. */
const shownJobs = 50;

/** What operators see of dead letters, and do about them. */
@Controller('api/v1/ops/dead-letters')
@UseGuards(AccessGuard)
@Protected('dead letters')
export class DeadLettersController {
  constructor(
    private readonly letters: DeadLetterStore,
    private readonly replays: ReplayStore,
  ) {}

  @Get()
  @NeedsScope('ops:read')
  @ApiOperation({ summary: 'Cases, newest first. Scope "ops:read"; keys are shown with scope "ops:payload".' })
  @QueryFields(deadLettersQuery)
  @Answers(deadLettersPage, 'C002')
  async list(
    @Query({ schema: deadLettersQuery }) query: DeadLettersQuery,
    @ByCaller() caller: Caller,
  ): Promise<ApiResponse<DeadLettersPage>> {
    const { size = defaultSize, before, class: errorClass, ...filter } = query;
    const { cases, next } = await this.letters.page({ ...filter, errorClass }, { before, limit: size });
    return ok({ items: cases.map((one) => summaryOf(one, mayRead(caller))), next });
  }

  @Get('groups')
  @NeedsScope('ops:read')
  @ApiOperation({ summary: 'Groups of cases with the same topic, error class and kind of message. Scope "ops:read".' })
  @QueryFields(groupsQuery)
  @Answers(groupsShown, 'C002')
  async groups(@Query({ schema: groupsQuery }) query: GroupsQuery): Promise<ApiResponse<GroupsShown>> {
    const { state = 'open', topic, size = defaultSize } = query;
    const items = await this.letters.groups({ state, topic, limit: size });
    return ok({ items: items.map((one) => ({ ...one, ...momentsOf(one) })) });
  }

  @Get('topics')
  @NeedsScope('ops:read')
  @ApiOperation({ summary: 'Topics with the count of their cases by state. Scope "ops:read".' })
  @Answers(topicsShown, 'C002')
  async topics(): Promise<ApiResponse<TopicsShown>> {
    const items = await this.letters.topics();
    return ok({ items: items.map(({ failedAt, ...one }) => ({ ...one, failedAt: failedAt.toISOString() })) });
  }

  @Get(':number')
  @NeedsScope('ops:read')
  @ApiOperation({
    summary: 'One case with everything. Scope "ops:read"; its payload is shown with scope "ops:payload".',
  })
  @Answers(deadLetterShown, 'C002', 'D001')
  async show(
    @Param('number', { schema: numberParam }) number: number,
    @ByCaller() caller: Caller,
  ): Promise<ApiResponse<DeadLetterShown>> {
    const found = await this.letters.find(number, { valueLimit: shownBytes.value });
    if (!found) throw new Refusal('D001', `there is no dead letter ${number}`);
    const isShown = mayRead(caller);
    const value = isShown ? showValue(found.value, found.valueBytes) : null;
    return ok({
      ...summaryOf(found, isShown),
      recordTimestamp: found.recordTimestamp?.toISOString() ?? null,
      letter: found.letter,
      stack: found.stack,
      isMasked: !isShown,
      value,
      headers: isShown ? showHeaders(found.headers) : [],
      fields: value && found.value && !value.isCut ? compareWithSchema(found.topic, found.value) : null,
      jobs: (await this.replays.jobsOf(number, shownJobs)).map(jobOfCase),
    });
  }

  @Post('discard')
  @HttpCode(200)
  @NeedsScope('ops:replay')
  @ApiOperation({ summary: 'Gives cases up, with a reason. Scope "ops:replay".' })
  @JsonBody(discardBody)
  @Answers(discardedShown, 'C002')
  async discard(@Body() body: unknown, @ByCaller() caller: Caller): Promise<ApiResponse<DiscardedShown>> {
    const { numbers, reason } = readShape(discardBody, body, 'body');
    const discarded = await this.letters.discard(numbers, { actor: caller.userId, reason });
    return ok({ discarded });
  }
}

const mayRead = ({ scopes }: Caller): boolean => scopes.includes(payloadScope);

function summaryOf(one: DeadLetterCase, isShown: boolean): DeadLetterSummary {
  const { number, topic, partition, offset, consumerGroup, errorClass, errorType, message, group, state } = one;
  return {
    ...{ number, topic, partition, offset, consumerGroup, errorClass, errorType, message, group, state },
    key: isShown ? showValue(one.key) : null,
    failures: one.failures,
    attempts: one.attempts,
    replays: one.replays,
    valueBytes: one.valueBytes,
    ...momentsOf(one),
  };
}

const jobOfCase = ({ job, item }: ReplayOfCase): DeadLetterShown['jobs'][number] => ({
  job: job.number,
  state: job.state,
  letter: item.state,
  skippedFor: item.reason,
  startedBy: job.startedBy,
  startedAt: job.startedAt?.toISOString() ?? null,
  reason: job.reason,
});

const momentsOf = ({ firstFailedAt, failedAt }: { firstFailedAt: Date | null; failedAt: Date }) => ({
  firstFailedAt: firstFailedAt?.toISOString() ?? null,
  failedAt: failedAt.toISOString(),
});
