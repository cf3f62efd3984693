import type { Job } from './dlt-api.js';

/** For specs: a job that has just been started, changed as wanted. */
export const sampleJob = (change: Partial<Job> = {}): Job => ({
  job: 7,
  replayId: '0195c0de-0000-7000-8000-000000000007',
  state: 'running',
  filter: { topic: 'shopping.order.created' },
  numbers: null,
  isForced: false,
  isEdited: false,
  rate: 50,
  total: 100,
  published: 0,
  skipped: 0,
  failed: 0,
  excluded: [],
  stopReason: null,
  createdBy: 'eun',
  createdAt: '2026-02-06T07:00:00.000Z',
  startedBy: null,
  startedAt: null,
  reason: null,
  endedAt: null,
  ...change,
});
