import { type ApiResponse } from '@allim/contracts';
import { AccessGuard, Answers, ApiOperation, NeedsScope, ok, Protected, QueryFields } from '@allim/http';
import { Controller, Get, Query, UseGuards } from '@nestjs/common';
import { Overview } from './overview.js';
import {
  defaultHours,
  type OverviewQuery,
  type OverviewShown,
  overviewQuery,
  overviewShown,
} from './overview-shown.js';

/** What operators look at first. */
@Controller('api/v1/ops/overview')
@UseGuards(AccessGuard)
@Protected('overview')
export class OverviewController {
  constructor(private readonly overview: Overview) {}

  @Get()
  @NeedsScope('ops:read')
  @ApiOperation({
    summary:
      'Dead letters over time, lag of consumer groups, and what channels send. Scope "ops:read". Ten seconds old at most.',
  })
  @QueryFields(overviewQuery)
  @Answers(overviewShown, 'C002')
  async show(@Query({ schema: overviewQuery }) { hours }: OverviewQuery): Promise<ApiResponse<OverviewShown>> {
    return ok(await this.overview.of(hours ?? defaultHours));
  }
}
