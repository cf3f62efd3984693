import { type ApiResponse } from '@allim/contracts';
import { AccessGuard, Answers, ApiOperation, NeedsScope, ok, Protected, QueryFields } from '@allim/http';
import { DeliveryStore } from '@allim/store';
import { Controller, Get, Query, UseGuards } from '@nestjs/common';
import { type DeliveriesQuery, defaultSize, deliveriesQuery, timelineQuery } from './deliveries-query.js';
import { type DeliveriesPage, deliveriesPage } from './delivery-timeline.js';

@Controller('api/v1/deliveries')
@UseGuards(AccessGuard)
@Protected('deliveries')
export class DeliveriesController {
  constructor(private readonly deliveries: DeliveryStore) {}

  @Get()
  @NeedsScope('ops')
  @ApiOperation({
    summary:
      'Deliveries of a user, of a notification or of what is about a reference, with attempts and reports. Scope "ops".',
  })
  @QueryFields(deliveriesQuery)
  @Answers(deliveriesPage, 'C002')
  async list(@Query({ schema: deliveriesQuery }) query: DeliveriesQuery): Promise<ApiResponse<DeliveriesPage>> {
    const { size = defaultSize } = query;
    const items = await this.deliveries.timeline(timelineQuery(query), size + 1);
    return ok({ items: items.slice(0, size), hasMore: items.length > size });
  }
}
