import { channelNames, limits, notificationType, priorities, topicName } from '@allim/contracts';
import { z } from 'zod';
import { DataError } from '../data-error.js';
import { defineEvent } from '../entry.js';
import { id, link, optional, person, time } from '../fields.js';
import { announcement } from '../templates/announcement.js';
import { byName, templates } from '../templates/templates.js';

/** The topic by which other services ask for a notification. */
export const requestTopic = 'notification.requested';
const known = byName(templates);

/** Both would leave open who is meant, so each form refuses the other's field. */
const recipient = z.union([z.strictObject({ userId: person }), z.strictObject({ topic: topicName })], {
  error: 'expected {"userId": …} or {"topic": …}',
});

const reference = z.object({
  type: z
    .string()
    .min(1)
    .max(limits.referenceType)
    .regex(/^[\w.-]+$/, 'expected letters, digits, ".", "_", "-"'),
  id,
});

/** What is not a domain event: another service asks for a notification by template. */
export const notificationRequested = defineEvent({
  topic: requestTopic,
  category: 'notice',
  schema: z.object({
    requestId: id,
    to: recipient,
    type: notificationType,
    template: z.string().meta({ enum: [...known.keys()] }),
    params: z.looseObject({}),
    channels: optional(z.array(z.enum(channelNames))),
    priority: optional(z.enum(priorities)),
    link: optional(link),
    reference: optional(reference),
    sendAt: optional(time),
  }),
  texts: templates.map((template) => `${requestTopic}/${template.name}`),
  notify: (request) => {
    const template = known.get(request.template);
    if (template === undefined) {
      throw new DataError(
        'unknown-template',
        `${requestTopic}: template: expected one of ${[...known.keys()].join(', ')}`,
      );
    }
    const { params, link: templateLink } = template.read(request.params);
    return {
      to: 'topic' in request.to ? request.to : request.to.userId,
      type: request.type,
      reference: request.reference ?? undefined,
      identity: { type: 'request', id: request.requestId },
      link: request.link ?? templateLink,
      params,
      channels: request.channels ? [...new Set(request.channels)] : template.channels,
      priority: request.priority ?? template.priority,
      critical: template.critical,
      category: template.category,
      text: `${requestTopic}/${template.name}`,
      sendAt: request.sendAt ?? undefined,
    };
  },
  sample: ({ user, number }) => ({
    requestId: `request-${number}`,
    to: { userId: user },
    type: 'SYSTEM',
    template: announcement.name,
    params: announcement.sample,
    link: '/notices/1',
  }),
});
