import { AnswerFilter } from '@allim/http';
import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { type Request, type Response } from 'express';
import { showPage, wantsPage } from './unsubscribe-page.js';

/** A person gets a page that says what is wrong, everybody else the envelope. */
@Catch()
export class UnsubscribeFilter implements ExceptionFilter {
  constructor(private readonly answers: AnswerFilter) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const [request, response] = [http.getRequest<Request>(), http.getResponse<Response>()];
    if (response.headersSent || !wantsPage(request)) {
      this.answers.catch(error, host);
      return;
    }
    const { status, code, retryAfterS } = this.answers.judge(error);
    if (retryAfterS !== undefined) response.setHeader('Retry-After', retryAfterS);
    showPage(request, response, status, { kind: code === 'C003' ? 'wrong' : 'later' });
  }
}
