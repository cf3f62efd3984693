import { type Logger } from '@allim/platform';
import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { type Response } from 'express';
import { judge, refused } from './answer.js';
import { type Refusal } from './refusal.js';

/** Every error of a request ends here, in the envelope, never with a stack. */
@Catch()
export class AnswerFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  judge(error: unknown): Refusal {
    return judge(error, this.logger);
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    const refusal = this.judge(error);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (refusal.retryAfterS !== undefined) response.setHeader('Retry-After', refusal.retryAfterS);
    if (refusal.code === 'C001') response.setHeader('WWW-Authenticate', 'Bearer');
    response.status(refusal.status).json(refused(refusal));
  }
}
