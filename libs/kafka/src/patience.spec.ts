import { type Patience, patient } from './patience.js';
import { type BatchHandler, dead, done, InfrastructureDown } from './verdict.js';

const running = new AbortController().signal;

function watched(handle: BatchHandler<number>, changes: Partial<Patience> = {}) {
  const seen = { calls: [] as number[][], waits: [] as number[], retries: [] as number[] };
  const work = patient<number>(
    (items) => {
      seen.calls.push(items);
      return handle(items);
    },
    {
      retryIntervalMs: 0,
      retryMaxAttempts: 3,
      onWaiting: (_, waitMs) => seen.waits.push(waitMs),
      onRetry: (_, attempt) => seen.retries.push(attempt),
      ...changes,
    },
  );
  return { seen, work };
}

const allDone: BatchHandler<number> = async (items) => items.map(() => done);

describe('patient', () => {
  it('answers the verdicts as they are', async () => {
    const bad = dead('bad-json', new Error('x'));
    const { work } = watched(async (items) => items.map((item) => (item === 2 ? bad : done)));
    expect(await work([1, 2], running)).toEqual([
      { verdict: done, attempts: 1 },
      { verdict: bad, attempts: 1 },
    ]);
  });

  it('hands the same batch over again for as long as infrastructure is down, and counts no attempt', async () => {
    let tries = 0;
    const { seen, work } = watched(async (items) => {
      if (++tries <= 3) throw new InfrastructureDown('database');
      return allDone(items);
    });
    expect(await work([1, 2], running)).toEqual([
      { verdict: done, attempts: 1 },
      { verdict: done, attempts: 1 },
    ]);
    expect(seen).toEqual({ calls: Array(4).fill([1, 2]), waits: [100, 200, 400], retries: [] });
  });

  it('finds the one at fault by halving; all others are done, in their order', async () => {
    const { seen, work } = watched(async (items) => {
      if (items.includes(3)) throw new Error('three');
      return allDone(items);
    });
    const judged = await work([1, 2, 3, 4], running);
    expect(judged.map(({ verdict }) => verdict.kind)).toEqual(['done', 'done', 'dead', 'done']);
    expect(judged[2]).toEqual({ verdict: dead('handler', new Error('three')), attempts: 4 });
    expect(seen.calls).toEqual([[1, 2, 3, 4], [1, 2], [3, 4], ...Array(4).fill([3]), [4]]);
    expect(seen.retries).toEqual([1, 2, 3, 4]);
  });

  it('lets a record recover within its retries', async () => {
    let tries = 0;
    const { work } = watched(async (items) => {
      if (++tries <= 2) throw new Error('later');
      return allDone(items);
    });
    expect(await work([1], running)).toEqual([{ verdict: done, attempts: 3 }]);
  });

  it('has a record fail once when there are no retries', async () => {
    const { seen, work } = watched(() => Promise.reject(new Error('no')), { retryMaxAttempts: 0 });
    expect(await work([1], running)).toEqual([{ verdict: dead('handler', new Error('no')), attempts: 1 }]);
    expect(seen.calls).toHaveLength(1);
  });

  it('makes an Error of whatever was thrown', async () => {
    const { work } = watched(() => Promise.reject('text'), { retryMaxAttempts: 0 });
    expect(await work([1], running)).toEqual([{ verdict: dead('handler', new Error('text')), attempts: 1 }]);
  });

  it('stops waiting when it is told to, with no verdict', async () => {
    const stop = new AbortController();
    const { work } = watched(() => {
      stop.abort();
      return Promise.reject(new InfrastructureDown('database'));
    });
    await expect(work([1], stop.signal)).rejects.toThrow();
  });
});
