import { Catch, type ExceptionFilter, UseFilters } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import { type Observable, throwError } from 'rxjs';
import { type KafkaRecord } from './record.js';
import { type BatchHandler } from './verdict.js';

/** The one pattern that a KafkaBatchServer knows: which topics it reads is the server's option, not the handler's. */
export const batchPattern = 'kafka-batch';

/** Nest would put "Internal server error" in the place of what was thrown; what is thrown here is a verdict. */
@Catch()
class AsThrown implements ExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

/** Marks the controller's method that handles batches: a `BatchHandler<KafkaRecord>`. */
export function KafkaBatchHandler() {
  return (target: object, method: string, descriptor: TypedPropertyDescriptor<BatchHandler<KafkaRecord>>): void => {
    EventPattern(batchPattern)(target, method, descriptor);
    UseFilters(AsThrown)(target, method, descriptor);
  };
}
