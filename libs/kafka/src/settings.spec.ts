import { loadSettings } from '@allim/platform';
import { z } from 'zod';
import { kafkaConsumerSettings } from './settings.js';

const load = (environment: NodeJS.ProcessEnv) => loadSettings(z.object(kafkaConsumerSettings), environment);

describe('settings', () => {
  it('need the brokers only', () => {
    expect(load({ KAFKA_BROKERS: 'a:1, b:2' })).toMatchObject({
      KAFKA_BROKERS: ['a:1', 'b:2'],
      KAFKA_GROUP_ID: 'notification-group',
      KAFKA_RETRY_MAX_ATTEMPTS: 3,
      KAFKA_SSL: false,
    });
  });

  it.each([
    ['KAFKA_BROKERS', ''],
    ['KAFKA_BROKERS', 'host'],
    ['KAFKA_BROKERS', 'kafka://host:1'],
    ['KAFKA_SSL', 'yes'],
    ['KAFKA_SASL_MECHANISM', 'gssapi'],
    ['KAFKA_RETRY_MAX_ATTEMPTS', '-1'],
    ['KAFKA_BATCHES_IN_FLIGHT', '0'],
    ['KAFKA_COMMIT_INTERVAL_MS', '1'],
  ])('refuse %s=%s by name', (name, value) => {
    expect(() => load({ KAFKA_BROKERS: 'a:1', [name]: value })).toThrow(`${name}: `);
  });
});
