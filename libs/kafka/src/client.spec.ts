import { type Logger } from '@allim/platform';
import { z } from 'zod';
import { kafkaClient } from './client.js';
import { kafkaSettings } from './settings.js';

describe('what kafkajs logs', () => {
  it.each([
    ['Connection', 'Response Metadata(key: 3, version: 6)', 'debug'], // thrown as well
    ['Connection', 'Connection timeout', 'warn'],
    ['Consumer', 'Response to nobody', 'warn'],
  ])('of %s: "%s" is of level %s', (namespace, message, level) => {
    const told: string[] = [];
    const logger = Object.fromEntries(
      ['warn', 'debug', 'trace'].map((to) => [to, (_: unknown, text: string) => told.push(`${to}: ${text}`)]),
    );
    const settings = z.object(kafkaSettings).parse({ KAFKA_BROKERS: 'localhost:9092' });
    kafkaClient('test', settings, logger as unknown as Logger)
      .logger()
      .namespace(namespace)
      .error(message);
    expect(told).toEqual([`${level}: ${message}`]);
  });
});
