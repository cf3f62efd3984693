import { z } from 'zod';
import { defineEvent } from '../../entry.js';
import { id, optional, shown, time } from '../../fields.js';
import { segment } from '../../link.js';

export const timedealStarted = defineEvent({
  topic: 'shopping.timedeal.started',
  category: 'promotion',
  schema: z.object({ timeDealId: id, timeDealName: shown, startsAt: optional(time), endsAt: optional(time) }),
  notify: (event) => ({
    to: { topic: 'timedeal' },
    type: 'TIMEDEAL_STARTED',
    reference: { type: 'timedeal', id: event.timeDealId },
    link: `/shopping/timedeals/${segment(event.timeDealId)}`,
    params: { timeDealName: event.timeDealName },
    channels: ['push'],
    priority: 'low',
  }),
  sample: ({ number }) => ({
    timeDealId: number,
    timeDealName: '무선 키보드 50% 특가',
    startsAt: '2026-02-06T12:00:00',
    endsAt: '2026-02-06T14:00:00',
  }),
});
