import { type MessageHandler } from '@nestjs/microservices';
import { KafkaBatchServer, type KafkaBatchServerOptions } from './batch-server.js';
import { type KafkaRecord } from './record.js';
import { type BatchHandler } from './verdict.js';

/** A batch server whose handler is a function: several of them in one Nest application would share one controller. */
export class KafkaBatchReader extends KafkaBatchServer {
  constructor(
    options: KafkaBatchServerOptions,
    private readonly handle: BatchHandler<KafkaRecord>,
  ) {
    super(options);
  }

  override getHandlerByPattern(): MessageHandler {
    return this.handle as unknown as MessageHandler;
  }

  /** Resolves once it has joined its group. */
  join(): Promise<void> {
    return new Promise((resolve, reject) => {
      void this.listen((error) => (error ? reject(error) : resolve()));
    });
  }
}
