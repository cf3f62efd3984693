import { z } from 'zod';
import { cut } from '../../cut.js';
import { defineEvent } from '../../entry.js';
import { id, note, optional, person, shown, time } from '../../fields.js';
import { segment } from '../../link.js';
import { executionOf } from './execution.js';

export const taskFailed = defineEvent({
  topic: 'prism.task.failed',
  category: 'prism',
  schema: z.object({
    taskId: id,
    boardId: id,
    userId: person,
    title: shown,
    status: note,
    agentName: note,
    executionId: optional(id),
    errorMessage: shown,
    timestamp: optional(time),
  }),
  notify: (event) => ({
    to: event.userId,
    type: 'PRISM_TASK_FAILED',
    reference: { type: 'task', id: event.taskId },
    identity: executionOf(event),
    link: `/prism/boards/${segment(event.boardId)}/tasks/${segment(event.taskId)}`,
    params: { title: cut(event.title, 25), errorMessage: cut(event.errorMessage, 30) },
    channels: ['push'],
  }),
  sample: ({ user, number }) => ({
    taskId: number,
    boardId: 7,
    userId: user,
    title: '주간 보고서 초안 작성',
    status: 'FAILED',
    agentName: '문서 작성',
    executionId: `exec-${number}`,
    errorMessage: '모델 응답 시간이 초과되었습니다',
    timestamp: '2026-02-06T10:41:00.000Z',
  }),
});
