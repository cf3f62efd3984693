import { type ApiResponse } from '@allim/contracts';
import {
  Accepts,
  AccessGuard,
  Answers,
  ApiOperation,
  ByCaller,
  badRequest,
  type Caller,
  JsonBody,
  NeedsScope,
  ok,
  Protected,
  QueryFields,
  Refusal,
  readShape,
} from '@allim/http';
import { DeadLetterStore, type JobDeed, type ReplayJob, ReplayStore } from '@allim/store';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, UseGuards } from '@nestjs/common';
import { type z } from 'zod';
import { defaultSize, pageOf } from '../pages.js';
import { selectionOf, showJob } from './job-shown.js';
import { editedPayload } from './replay-rules.js';
import { ReplayRunner } from './replay-runner.js';
import {
  defaultRate,
  type ItemsShown,
  itemsQuery,
  itemsShown,
  type JobShown,
  type JobsShown,
  jobParam,
  jobShown,
  jobsQuery,
  jobsShown,
  moveBody,
  planBody,
  startBody,
} from './replays-fields.js';

/** Where replays are ordered. A job is born as a dry run: what it shows is what its run replays. */
@Controller('api/v1/ops/replay-jobs')
@UseGuards(AccessGuard)
@Protected('replays')
export class ReplaysController {
  constructor(
    private readonly replays: ReplayStore,
    private readonly letters: DeadLetterStore,
    @Inject(ReplayRunner) private readonly runner: Pick<ReplayRunner, 'wake'>,
  ) {}

  @Post()
  @HttpCode(202)
  @NeedsScope('ops:replay')
  @ApiOperation({ summary: 'Plans a replay: freezes the set that a run will replay. Scope "ops:replay".' })
  @JsonBody(planBody)
  @Accepts(jobShown, 'C002', 'D001')
  async plan(@Body() body: unknown, @ByCaller() caller: Caller): Promise<ApiResponse<JobShown>> {
    const { filter, numbers, value, rate = defaultRate, force = false } = readShape(planBody, body, 'body');
    const edited = value === undefined ? undefined : await this.edited(numbers![0]!, value);
    const order = { selection: selectionOf({ filter, numbers }), value: edited, rate, isForced: force };
    const job = await this.replays.plan({ ...order, actor: caller.userId });
    this.runner.wake();
    return ok(showJob(job));
  }

  @Get()
  @NeedsScope('ops:read')
  @ApiOperation({ summary: 'Replay jobs, newest first. Scope "ops:read".' })
  @QueryFields(jobsQuery)
  @Answers(jobsShown, 'C002')
  async list(@Query({ schema: jobsQuery }) query: z.infer<typeof jobsQuery>): Promise<ApiResponse<JobsShown>> {
    const { before, size = defaultSize } = query;
    const jobs = await this.replays.jobs({ before, limit: size + 1 });
    const { items, next } = pageOf(jobs, size);
    return ok({ items: items.map(showJob), next });
  }

  @Get(':job')
  @NeedsScope('ops:read')
  @ApiOperation({ summary: 'One replay job. Scope "ops:read".' })
  @Answers(jobShown, 'C002', 'D002')
  async show(@Param('job', { schema: jobParam }) job: number): Promise<ApiResponse<JobShown>> {
    return ok(showJob(await this.find(job)));
  }

  @Get(':job/letters')
  @NeedsScope('ops:read')
  @ApiOperation({ summary: 'The set of a replay job, in the order of its replay. Scope "ops:read".' })
  @QueryFields(itemsQuery)
  @Answers(itemsShown, 'C002', 'D002')
  async items(
    @Param('job', { schema: jobParam }) job: number,
    @Query({ schema: itemsQuery }) query: z.infer<typeof itemsQuery>,
  ): Promise<ApiResponse<ItemsShown>> {
    const { state, after, size = defaultSize } = query;
    await this.find(job);
    return ok(pageOf(await this.replays.items(job, { state, after, limit: size + 1 }), size));
  }

  @Post(':job/start')
  @HttpCode(200)
  @NeedsScope('ops:replay')
  @ApiOperation({ summary: 'Replays the set of a planned job, with a reason. Scope "ops:replay".' })
  @JsonBody(startBody)
  @Answers(jobShown, 'C002', 'D002', 'D003')
  async start(
    @Param('job', { schema: jobParam }) job: number,
    @Body() body: unknown,
    @ByCaller() caller: Caller,
  ): Promise<ApiResponse<JobShown>> {
    const { reason, rate } = readShape(startBody, body, 'body');
    if ((await this.find(job)).total === 0) throw new Refusal('D003', `replay job ${job} has no letters to replay`);
    return this.move(job, 'start', caller, reason, rate);
  }

  @Post(':job/pause')
  @HttpCode(200)
  @NeedsScope('ops:replay')
  @ApiOperation({ summary: 'Lets a running job rest. Scope "ops:replay".' })
  @JsonBody(moveBody)
  @Answers(jobShown, 'C002', 'D002', 'D003')
  pause(@Param('job', { schema: jobParam }) job: number, @Body() body: unknown, @ByCaller() caller: Caller) {
    return this.move(job, 'pause', caller, readShape(moveBody, body, 'body').reason);
  }

  @Post(':job/resume')
  @HttpCode(200)
  @NeedsScope('ops:replay')
  @ApiOperation({ summary: 'Lets a job go on that is paused, or has stopped. Scope "ops:replay".' })
  @JsonBody(moveBody)
  @Answers(jobShown, 'C002', 'D002', 'D003')
  resume(@Param('job', { schema: jobParam }) job: number, @Body() body: unknown, @ByCaller() caller: Caller) {
    return this.move(job, 'resume', caller, readShape(moveBody, body, 'body').reason);
  }

  @Post(':job/cancel')
  @HttpCode(200)
  @NeedsScope('ops:replay')
  @ApiOperation({ summary: 'Ends a job; what it has not published stays open. Scope "ops:replay".' })
  @JsonBody(moveBody)
  @Answers(jobShown, 'C002', 'D002', 'D003')
  cancel(@Param('job', { schema: jobParam }) job: number, @Body() body: unknown, @ByCaller() caller: Caller) {
    return this.move(job, 'cancel', caller, readShape(moveBody, body, 'body').reason);
  }

  private async move(
    number: number,
    deed: JobDeed,
    { userId: actor }: Caller,
    reason: string | undefined,
    rate?: number,
  ): Promise<ApiResponse<JobShown>> {
    const isDone = await this.replays.move(number, deed, { actor, reason: reason ?? null, rate });
    const job = await this.find(number);
    if (!isDone) throw new Refusal('D003', `replay job ${number} is ${job.state}: ${expected[deed]}`);
    this.runner.wake();
    return ok(showJob(job));
  }

  private async find(number: number): Promise<ReplayJob> {
    const job = await this.replays.job(number);
    if (!job) throw new Refusal('D002', `there is no replay job ${number}`);
    return job;
  }

  private async edited(number: number, text: string): Promise<Buffer> {
    const letter = await this.letters.find(number, { valueLimit: 0 });
    if (!letter) throw new Refusal('D001', `there is no dead letter ${number}`);
    if (!text.isWellFormed()) throw badRequest('value: expected text without halves of characters');
    return editedPayload(letter.topic, text);
  }
}

const expected: Record<JobDeed, string> = {
  start: 'expected planned',
  pause: 'expected running',
  resume: 'expected paused or stopped',
  cancel: 'expected one that is not ended, and not wholly published',
};
