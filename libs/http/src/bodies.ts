import { type CanActivate, type ExecutionContext, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import express, { type Request, type Response } from 'express';
import { badRequest, type Refusal } from './refusal.js';

const bodyLimit = 64 * 1024;
const bodyKey = 'allim:body';

type Kind = 'json' | 'form';

/** Marks a route that takes a JSON body; every other one refuses any. */
export const TakesBody = () => SetMetadata(bodyKey, 'json' satisfies Kind);

/** Marks a route that takes what an HTML form sends, of either type; its texts are the body's fields, its files are left out. */
export const TakesForm = () => SetMetadata(bodyKey, 'form' satisfies Kind);

/** Reads bodies of at most 64 KB, for the routes that take one. The bytes of a JSON body are there as `@RawBody()`. */
export class BodyGuard implements CanActivate {
  private readonly reflector = new Reflector();

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<Request>();
    if (!hasBody(request)) return true;
    const wanted = this.reflector.get<Kind | undefined>(bodyKey, context.getHandler());
    const refusal = unexpected(request, wanted);
    if (refusal) throw refusal;
    await (wanted === 'form' ? readForm : readJson)(request, http.getResponse<Response>());
    return true;
  }
}

const lengthOf = (request: Request) => Number(request.headers['content-length'] ?? 0);
const hasBody = (request: Request) => lengthOf(request) > 0 || request.headers['transfer-encoding'] !== undefined;

const types: Record<Kind, string[]> = {
  json: ['application/json'],
  form: ['application/x-www-form-urlencoded', 'multipart/form-data'],
};

function unexpected(request: Request, wanted: Kind | undefined): Refusal | undefined {
  if (lengthOf(request) > bodyLimit) return badRequest('body: expected at most 64 KB', 413);
  if (wanted === undefined) return badRequest('body: expected none');
  if (!request.is(types[wanted])) return badRequest(`Content-Type: expected ${types[wanted].join(' or ')}`, 415);
  return undefined;
}

const parseJson = express.json({
  limit: bodyLimit,
  verify: (request: Request & { rawBody?: Buffer }, _response, bytes) => {
    request.rawBody = bytes;
  },
});

const parseBytes = express.raw({ limit: bodyLimit, type: () => true });

const readJson = (request: Request, response: Response) => parsed(parseJson, request, response);

async function readForm(request: Request, response: Response): Promise<void> {
  await parsed(parseBytes, request, response);
  // Node's own reader knows both types.
  const form = new globalThis.Response(request.body, { headers: { 'Content-Type': request.headers['content-type']! } });
  try {
    const fields = [...(await form.formData())].filter(([, value]) => typeof value === 'string');
    request.body = Object.fromEntries(fields);
  } catch {
    throw badRequest('body: expected a form');
  }
}

/** The parser's errors are named here: Nest would make its own of some of them. */
function parsed(parse: ReturnType<typeof express.json>, request: Request, response: Response): Promise<void> {
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
