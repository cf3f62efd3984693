import {
  type ApiResponse,
  type InboxState,
  inboxState,
  type NotificationResponse,
  notificationResponse,
} from '@allim/contracts';
import { AccessGuard, Answers, ApiOperation, ByCaller, type Caller, ok, Protected, QueryFields } from '@allim/http';
import { Controller, Delete, Get, Param, Put, Query, UseGuards } from '@nestjs/common';
import { z } from 'zod';
import { Topics } from '../realtime/topics.js';
import { Inbox } from './inbox.js';
import { idParam, type ListQuery, listQuery, noQuery } from './inbox-query.js';
import { type AnyPage, anyPage, readPage } from './pages.js';

@Controller('api/v1/notifications')
@UseGuards(AccessGuard)
@Protected('notifications')
export class InboxController {
  constructor(
    private readonly inbox: Inbox,
    private readonly topics: Topics,
  ) {}

  @Get()
  @ApiOperation({ summary: 'A page of the inbox' })
  @QueryFields(listQuery)
  @Answers(anyPage)
  async list(
    @ByCaller() { userId }: Caller,
    @Query({ schema: listQuery }) query: ListQuery,
  ): Promise<ApiResponse<AnyPage>> {
    return ok(await readPage(this.inbox, userId, query, false));
  }

  @Get('unread')
  @ApiOperation({ summary: 'A page of what is unread' })
  @QueryFields(listQuery)
  @Answers(anyPage)
  async unread(
    @ByCaller() { userId }: Caller,
    @Query({ schema: listQuery }) query: ListQuery,
  ): Promise<ApiResponse<AnyPage>> {
    return ok(await readPage(this.inbox, userId, query, true));
  }

  @Get('unread/count')
  @ApiOperation({ summary: 'The number of unread notifications' })
  @Answers(z.int())
  async unreadCount(
    @ByCaller() { userId }: Caller,
    @Query({ schema: noQuery }) _query: object,
  ): Promise<ApiResponse<number>> {
    return ok((await this.inbox.state(userId)).unread);
  }

  @Get('state')
  @ApiOperation({ summary: 'The counters and the last id' })
  @Answers(inboxState)
  async state(
    @ByCaller() { userId }: Caller,
    @Query({ schema: noQuery }) _query: object,
  ): Promise<ApiResponse<InboxState>> {
    return ok(await this.inbox.state(userId));
  }

  @Get('subscriptions')
  @ApiOperation({ summary: 'The topics whose broadcasts the caller gets' })
  @Answers(z.array(z.string()))
  async subscriptions(
    @ByCaller() { userId }: Caller,
    @Query({ schema: noQuery }) _query: object,
  ): Promise<ApiResponse<string[]>> {
    return ok(await this.topics.of(userId));
  }

  @Put(':id/read')
  @ApiOperation({ summary: 'Marks one as read; idempotent' })
  @Answers(notificationResponse, 'N001')
  async read(
    @ByCaller() { userId }: Caller,
    @Param('id', { schema: idParam }) id: number,
    @Query({ schema: noQuery }) _query: object,
  ): Promise<ApiResponse<NotificationResponse>> {
    return ok(await this.inbox.markRead(userId, id));
  }

  @Put('read-all')
  @ApiOperation({ summary: 'Marks all as read; answers how many were not' })
  @Answers(z.int())
  async readAll(
    @ByCaller() { userId }: Caller,
    @Query({ schema: noQuery }) _query: object,
  ): Promise<ApiResponse<number>> {
    return ok(await this.inbox.markAllRead(userId));
  }

  @Put('seen')
  @ApiOperation({ summary: 'Marks all as seen: clears the badge' })
  @Answers(z.object({ unseen: z.literal(0) }))
  async seen(
    @ByCaller() { userId }: Caller,
    @Query({ schema: noQuery }) _query: object,
  ): Promise<ApiResponse<{ unseen: 0 }>> {
    return ok(await this.inbox.markAllSeen(userId));
  }

  @Delete(':id')
  @ApiOperation({ summary: 'Removes one for good' })
  @Answers(undefined, 'N001')
  async remove(
    @ByCaller() { userId }: Caller,
    @Param('id', { schema: idParam }) id: number,
    @Query({ schema: noQuery }) _query: object,
  ): Promise<ApiResponse<void>> {
    return ok(await this.inbox.remove(userId, id));
  }
}
