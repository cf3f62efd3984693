import { randomUUID } from 'node:crypto';
import { type ApiResponse } from '@allim/contracts';
import { type Logger } from '@allim/platform';
import { DatabaseDown } from '@allim/store';
import { HttpException } from '@nestjs/common';
import { badRequest, Refusal, tryLater } from './refusal.js';

/** `data` is left out of the JSON when there is none. */
export function ok<T>(data?: T): ApiResponse<T> {
  return { success: true, data };
}

export function refused({ code, message }: Refusal): ApiResponse<never> {
  return { success: false, error: { code, message } };
}

/** The one place where an error becomes an answer, for HTTP and sockets alike. What is our fault goes to the log with its id. */
export function judge(error: unknown, logger: Logger): Refusal {
  const refusal = known(error);
  if (refusal) {
    if (refusal.code === 'C005') logger.warn({ err: error }, 'a dependency is down');
    return refusal;
  }
  const id = randomUUID();
  logger.error({ err: error, id }, 'our fault');
  return new Refusal('C500', `something went wrong on our side; its id is ${id}`);
}

function known(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error;
  if (error instanceof DatabaseDown) return tryLater('the database is away; try again', error);
  if (error instanceof HttpException && error.getStatus() < 500) return badRequest(error.message, error.getStatus());
  return undefined;
}
