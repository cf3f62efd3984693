import { armFailPoint, loadSettings } from '@allim/platform';
import { jest } from '@jest/globals';
import { settings } from './config.js';
import { failPoints } from './fail-point.js';

const needed = { KAFKA_BROKERS: 'a:1', DATABASE_URL: 'mysql://a/b', REDIS_URL: 'redis://a' };

describe('fail point', () => {
  afterEach(() => jest.restoreAllMocks());

  it('kills the process at its nth passing, and at no other point', () => {
    const kill = jest.spyOn(process, 'kill').mockReturnValue(true);
    const passing = armFailPoint('saved:2');
    for (const point of failPoints) passing(point);
    expect(kill).not.toHaveBeenCalled();
    passing('planned');
    passing('saved');
    expect(kill.mock.calls).toEqual([[process.pid, 'SIGKILL']]);
  });

  it('does nothing when it is not set', () => {
    const kill = jest.spyOn(process, 'kill').mockReturnValue(true);
    const passing = armFailPoint(undefined);
    for (const point of failPoints) passing(point);
    expect(kill).not.toHaveBeenCalled();
  });

  it.each(['saved', 'saved:0', 'saved:-1', 'elsewhere:1', 'saved:1:1'])('refuses %s', (FAIL_POINT) => {
    expect(() => loadSettings(settings, { ...needed, NODE_ENV: 'test', FAIL_POINT })).toThrow(
      'FAIL_POINT: expected one of',
    );
  });

  it('is refused in production, which is the default', () => {
    expect(() => loadSettings(settings, { ...needed, FAIL_POINT: 'saved:1' })).toThrow('not to be set in production');
    expect(loadSettings(settings, { ...needed, NODE_ENV: 'test', FAIL_POINT: 'saved:1' }).FAIL_POINT).toBe('saved:1');
  });
});
