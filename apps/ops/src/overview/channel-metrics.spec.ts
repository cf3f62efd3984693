import { readChannel } from './channel-metrics.js';

const text = `
# TYPE allim_channel_attempts_total counter
allim_channel_attempts_total{channel="email",provider="smtp",outcome="accepted"} 12
allim_channel_attempts_total{channel="email",provider="ses",outcome="accepted"} 3
allim_channel_attempts_total{channel="email",provider="smtp",outcome="permanent"} 1
allim_channel_attempts_total{channel="push",provider="fcm",outcome="accepted"} 100
allim_channel_rate_limit_waits_total{channel="email",lane="low"} 4
allim_channel_breaker_state{channel="email",provider="smtp"} 2
allim_channel_breaker_state{channel="email",provider="ses"} 0
allim_channel_sending{channel="email",lane="low"} 2
allim_channel_sending{channel="email",lane="high"} 1
process_start_time_seconds 1770372000
`;

describe('the metrics of a channel', () => {
  it('are summed over its providers, without those of another channel', () => {
    expect(readChannel(text, 'email', 5)).toEqual({
      counters: {
        at: 5,
        startedAt: 1_770_372_000_000,
        values: new Map([
          ['outcome accepted', 15],
          ['outcome permanent', 1],
          ['lane low', 4],
        ]),
      },
      sending: 3,
      breakers: [
        { provider: 'smtp', state: 'open' },
        { provider: 'ses', state: 'closed' },
      ],
    });
  });

  it('are those of this channel, or none', () => {
    expect(readChannel(text, 'push', 5)).toBeNull(); // whose breaker is not there
    expect(readChannel('<html>', 'email', 5)).toBeNull();
  });
});
