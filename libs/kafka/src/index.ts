export { KafkaBatchHandler } from './batch-handler.js';
export { KafkaBatchServer, type KafkaBatchServerOptions } from './batch-server.js';
export { kafkaClient } from './client.js';
export { deadLetter, deadLetterTopic, type Failure } from './dead-letter.js';
export { groupLag, type PartitionLag } from './lag.js';
export { type KafkaRecord, traceIdOf } from './record.js';
export { type KafkaConsumerSettings, type KafkaSettings, kafkaConsumerSettings, kafkaSettings } from './settings.js';
export { ensureTopics } from './topics.js';
export { type BatchHandler, type DeadLetterError, dead, done, InfrastructureDown, type Verdict } from './verdict.js';
