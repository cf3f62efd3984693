import { type CanActivate, type ExecutionContext, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import express, { type Request, type Response } from 'express';
import { badRequest, type Refusal } from './refusal.js';

const bodyLimit = 64 * 1024;
const bodyKey = 'allim:body';

/** Marks a route that takes a JSON body; every other one refuses any. */
export const TakesBody = () => SetMetadata(bodyKey, true);

/** Reads JSON bodies of at most 64 KB, for the routes that take one. Their bytes are there as `@RawBody()`. */
export class BodyGuard implements CanActivate {
  private readonly reflector = new Reflector();

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<Request>();
    if (!hasBody(request)) return true;
    const wanted = this.reflector.get<true | undefined>(bodyKey, context.getHandler());
    const refusal = unexpected(request, wanted === true);
    if (refusal) throw refusal;
    await read(request, http.getResponse<Response>());
    return true;
  }
}

const lengthOf = (request: Request) => Number(request.headers['content-length'] ?? 0);
const hasBody = (request: Request) => lengthOf(request) > 0 || request.headers['transfer-encoding'] !== undefined;

function unexpected(request: Request, wanted: boolean): Refusal | undefined {
  if (lengthOf(request) > bodyLimit) return badRequest('body: expected at most 64 KB', 413);
  if (!wanted) return badRequest('body: expected none');
  if (!request.is('application/json')) return badRequest('Content-Type: expected application/json', 415);
  return undefined;
}

const parse = express.json({
  limit: bodyLimit,
  verify: (request: Request & { rawBody?: Buffer }, _response, bytes) => {
    request.rawBody = bytes;
  },
});

/** The parser's errors are named here: Nest would make its own of some of them. */
function read(request: Request, response: Response): Promise<void> {
  return new Promise((resolve, reject) => {
    parse(request, response, (error?: { type?: string; status?: number; message: string }) => {
      if (!error) return resolve();
      const message = messages[error.type ?? ''] ?? error.message;
      reject(badRequest(`body: ${message}`, error.status));
    });
  });
}

const messages: Record<string, string> = {
  'entity.too.large': 'expected at most 64 KB',
  'entity.parse.failed': 'expected a JSON object',
};
