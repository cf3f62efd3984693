import { z } from 'zod';
import { cut } from '../../cut.js';
import { defineEvent } from '../../entry.js';
import { id, note, optional, person, shown, time } from '../../fields.js';
import { segment } from '../../link.js';
import { executionOf } from './execution.js';

export const taskCompleted = defineEvent({
  topic: 'prism.task.completed',
  category: 'prism',
  schema: z.object({
    taskId: id,
    boardId: id,
    userId: person,
    title: shown,
    status: note,
    agentName: shown,
    executionId: optional(id),
    timestamp: optional(time),
  }),
  notify: (event) => ({
    to: event.userId,
    type: 'PRISM_TASK_COMPLETED',
    reference: { type: 'task', id: event.taskId },
    identity: executionOf(event),
    link: `/prism/boards/${segment(event.boardId)}/tasks/${segment(event.taskId)}`,
    params: { title: cut(event.title, 30), agentName: event.agentName },
    channels: ['push'],
  }),
  sample: ({ user, number }) => ({
    taskId: number,
    boardId: 7,
    userId: user,
    title: '주간 보고서 초안 작성',
    status: 'COMPLETED',
    agentName: '문서 작성',
    executionId: `exec-${number}`,
    timestamp: '2026-02-06T10:40:00.000Z',
  }),
});
