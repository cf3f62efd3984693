import { type ApiResponse } from '@allim/contracts';
import {
  AccessGuard,
  Answers,
  ApiOperation,
  ByCaller,
  type Caller,
  NeedsScope,
  ok,
  Protected,
  QueryFields,
} from '@allim/http';
import { type DeliveryTimeline } from '@allim/store';
import { Controller, Get, Query, UseGuards } from '@nestjs/common';
import { type Told } from './notifications.js';
import { type Asked, type BelongingCase, Timeline } from './timeline.js';
import {
  type DeadLetterShown,
  defaultSize,
  type NotificationShown,
  type TimelineQuery,
  type TimelineShown,
  timelineQuery,
  timelineShown,
} from './timeline-shown.js';

/** As for dead letters: what people are told is theirs. */
const payloadScope = 'ops:payload';

/** Hexadecimal digits of the hash of a device's token: enough to tell one person's devices apart. */
const deviceDigits = 12;

/** The way of notifications, from the inbox to the providers. */
@Controller('api/v1/ops/timeline')
@UseGuards(AccessGuard)
@Protected('timeline')
export class TimelineController {
  constructor(private readonly timeline: Timeline) {}

  @Get()
  @NeedsScope('ops:read')
  @ApiOperation({
    summary:
      'Notifications of a person, of an order or of one delivery, with all that became of them. Scope "ops:read"; texts are shown with scope "ops:payload".',
  })
  @QueryFields(timelineQuery)
  @Answers(timelineShown, 'C002')
  async show(
    @Query({ schema: timelineQuery }) query: TimelineQuery,
    @ByCaller() caller: Caller,
  ): Promise<ApiResponse<TimelineShown>> {
    const isShown = caller.scopes.includes(payloadScope);
    const { told, isCut, cases } = await this.timeline.of(askedBy(query), query.size ?? defaultSize);
    return ok({
      isMasked: !isShown,
      isCut,
      items: told.map((one) => notificationShown(one, isShown)),
      deadLetters: cases.map(deadLetterShown),
    });
  }
}

function askedBy({ user, order, delivery }: TimelineQuery): Asked {
  if (user !== undefined) return { user };
  return order !== undefined ? { order } : { delivery: delivery! };
}

function notificationShown(
  { userId, notificationId, notification, deliveries }: Told,
  isShown: boolean,
): NotificationShown {
  const { referenceType, referenceId } = notification ?? {};
  return {
    userId,
    notificationId,
    type: notification?.type ?? null,
    reference:
      referenceType && referenceId ? { type: referenceType, id: referenceId } : (deliveries[0]?.reference ?? null),
    createdAt: notification?.createdAt ?? deliveries[0]!.createdAt,
    readAt: notification?.readAt ?? null,
    isDeleted: notification === undefined,
    texts:
      notification && isShown
        ? { title: notification.title, message: notification.message, link: notification.link }
        : null,
    deliveries: deliveries.map((one) => deliveryShown(one, isShown)),
  };
}

function deliveryShown(one: DeliveryTimeline, isShown: boolean): NotificationShown['deliveries'][number] {
  const { userId: _, notificationId: __, type: ___, reference: ____, device, reports, ...delivery } = one;
  return {
    ...delivery,
    device: device?.slice(0, deviceDigits) ?? null,
    // A reason has no address in it, by contract; what a provider wrote may.
    reports: isShown ? reports : reports.map((report) => ({ ...report, detail: null })),
  };
}

function deadLetterShown({ one, deliveryId }: BelongingCase): DeadLetterShown {
  const { number, topic, errorClass, message, state, failures, failedAt } = one;
  return { number, topic, errorClass, message, state, failures, failedAt: failedAt.toISOString(), deliveryId };
}
