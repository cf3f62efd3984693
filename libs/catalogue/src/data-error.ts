/** The stable label of a data error, as it stands in the dead letter's `allim-error-class`. */
export type DataErrorClass =
  | 'empty'
  | 'bad-encoding'
  | 'bad-json'
  | 'bad-schema'
  | 'too-long'
  | 'unknown-template'
  | 'unknown-topic';

const longestMessage = 300;

/**
 * The record itself is wrong and will be wrong again: dead letter at once, no retry. The message names the field and
 * what was expected; it never repeats the payload, which may hold personal data. It has no stack: where in our code a
 * record was read says nothing about it, and records come by the thousand.
 */
export class DataError extends Error {
  override readonly name = 'DataError';

  constructor(
    readonly errorClass: DataErrorClass,
    message: string,
  ) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message.length > longestMessage ? `${message.slice(0, longestMessage - 3)}...` : message);
    Error.stackTraceLimit = stackTraceLimit;
  }
}
