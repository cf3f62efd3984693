import { type Reference } from '../../notice.js';

/** A task may run again: each execution is a fact of its own, though clients see the task. */
export function executionOf(event: { taskId: string; executionId?: string | null }): Reference {
  // Ids hold no control characters, so no task id can look like a task id with an execution.
  return { type: 'task', id: event.executionId == null ? event.taskId : `${event.taskId}\n${event.executionId}` };
}
