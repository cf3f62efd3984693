import { jest } from '@jest/globals';
import { Health } from './health.js';

const fine = { live: {}, ready: {} };

describe('health', () => {
  it('is live while every check of progress says nothing', () => {
    let reason: string | undefined;
    const health = new Health({ ...fine, live: { consuming: () => reason, loop: () => undefined } });
    expect(health.live()).toEqual({ status: 'ok', checks: { consuming: 'ok', loop: 'ok' } });
    reason = 'no poll for 60 s';
    expect(health.live()).toEqual({ status: 'failing', checks: { consuming: 'no poll for 60 s', loop: 'ok' } });
  });

  it('is ready when every dependency answers; names the reasons of all that do not', async () => {
    const health = new Health({
      ...fine,
      ready: {
        database: async () => 'anything',
        redis: () => {
          throw new Error('refused');
        },
        kafka: () => Promise.reject('no broker'),
      },
    });
    expect(await health.ready()).toEqual({
      status: 'failing',
      checks: { database: 'ok', redis: 'refused', kafka: 'no broker' },
    });
  });

  it('is ready when there is nothing to depend on', async () => {
    expect(await new Health(fine).ready()).toEqual({ status: 'ok', checks: {} });
  });

  it('is no longer ready while it drains, without asking anybody; it stays live', async () => {
    const database = jest.fn();
    const health = new Health({ live: { loop: () => undefined }, ready: { database } });
    health.drain();
    expect(await health.ready()).toEqual({ status: 'failing', checks: { shutdown: 'stopping' } });
    expect(database).not.toHaveBeenCalled();
    expect(health.live().status).toBe('ok');
  });

  describe('with a dependency that never answers', () => {
    beforeEach(() => {
      jest.useFakeTimers();
    });
    afterEach(() => {
      jest.useRealTimers();
    });

    it('counts it as failed after two seconds', async () => {
      const answer = new Health({ ...fine, ready: { database: () => new Promise(() => {}), redis: () => {} } }).ready();
      await jest.advanceTimersByTimeAsync(2_000);
      expect(await answer).toEqual({
        status: 'failing',
        checks: { database: 'no answer within 2000 ms', redis: 'ok' },
      });
    });

    it('leaves no timer behind', async () => {
      await new Health({ ...fine, ready: { redis: () => {} } }).ready();
      expect(jest.getTimerCount()).toBe(0);
    });
  });
});
