import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { badRequest, type Refusal } from './refusal.js';

const bodyLimit = 64 * 1024;

/** JSON bodies of at most 64 KB, on POST only; the other methods take none. */
export function bodies(): RequestHandler[] {
  return [onlyExpected, json];
}

function onlyExpected(request: Request, _response: Response, next: NextFunction): void {
  next(unexpected(request));
}

function unexpected(request: Request): Refusal | undefined {
  const length = Number(request.headers['content-length'] ?? 0);
  if (length === 0 && request.headers['transfer-encoding'] === undefined) return undefined;
  if (length > bodyLimit) return badRequest('body: expected at most 64 KB', 413);
  if (request.method !== 'POST') return badRequest('body: expected none');
  if (!request.is('application/json')) return badRequest('Content-Type: expected application/json', 415);
  return undefined;
}

const parse = express.json({ limit: bodyLimit });

/** The parser's errors are named here: Nest would make its own of some of them. */
function json(request: Request, response: Response, next: NextFunction): void {
  parse(request, response, (error?: { type?: string; status?: number; message: string }) => {
    if (!error) return next();
    const message = messages[error.type ?? ''] ?? error.message;
    next(badRequest(`body: ${message}`, error.status));
  });
}

const messages: Record<string, string> = {
  'entity.too.large': 'expected at most 64 KB',
  'entity.parse.failed': 'expected a JSON object',
};
