import { channelTargets } from './channel-targets.js';

describe('where channels show their metrics', () => {
  it('is read from a list', () => {
    const text = 'email=http://a:8088/metrics, email=http://b:8088/metrics,push=https://c/metrics?a=b';
    expect(channelTargets().parse(text)).toEqual([
      { channel: 'email', url: 'http://a:8088/metrics' },
      { channel: 'email', url: 'http://b:8088/metrics' },
      { channel: 'push', url: 'https://c/metrics?a=b' },
    ]);
    expect(channelTargets().parse(' ')).toEqual([]);
  });

  it.each([
    ['http://a/metrics'],
    ['mail=http://a/metrics'],
    ['email=a:8088'],
    ['email=ftp://a'],
    ['email=http://'],
    ['email=http://me:pw@a'],
  ])('is refused: %s', (text) =>
    expect(channelTargets().safeParse(text).error?.issues[0]?.message).toMatch(/^expected channel=http/),
  );
});
