import { type ErrorCode, errorCodes } from '@allim/contracts';
import { applyDecorators, type INestApplication } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiQuery,
  ApiResponse,
  ApiTags,
  DocumentBuilder,
  SwaggerModule,
} from '@nestjs/swagger';
import { z } from 'zod';
import { TakesBody, TakesForm } from './bodies.js';

type JsonSchema = NonNullable<Parameters<typeof ApiQuery>[0]> extends { schema?: infer S } ? S : never;

function document(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { target: 'openapi-3.0', io, unrepresentable: 'any' });
  return json as JsonSchema;
}

const success = (data: z.ZodType | undefined) => z.object({ success: z.literal(true), ...(data ? { data } : {}) });

const failure = (codes: ErrorCode[]) =>
  z.object({ success: z.literal(false), error: z.object({ code: z.enum(codes), message: z.string() }) });

/** Codes any route may answer with, and a protected one besides. */
const everywhere: ErrorCode[] = ['C003', 'C004', 'C005', 'C500'];
const behindAccess: ErrorCode[] = ['C001', ...everywhere];

/** Documents the envelope of a route's answer and its error codes; the schemas are those that are checked. */
export function Answers(data: z.ZodType | undefined, ...codes: ErrorCode[]) {
  return answers({ status: 200, description: 'Done' }, data, [...behindAccess, ...codes]);
}

/** The same for a route that wants no access token. */
export function PublicAnswers(data: z.ZodType, ...codes: ErrorCode[]) {
  return answers({ status: 200, description: 'Done' }, data, [...everywhere, ...codes]);
}

/** The same for a route that answers before the work is done. */
export function Accepts(data: z.ZodType, ...codes: ErrorCode[]) {
  return answers({ status: 202, description: 'Accepted: it will be done' }, data, [...behindAccess, ...codes]);
}

function answers(done: { status: number; description: string }, data: z.ZodType | undefined, codes: ErrorCode[]) {
  const byStatus = Object.groupBy(codes, (code) => errorCodes[code]);
  return applyDecorators(
    ApiResponse({ ...done, schema: document(success(data), 'output') as object }),
    ...Object.entries(byStatus).map(([status, of = []]) =>
      ApiResponse({
        status: Number(status),
        description: of.join(', '),
        schema: document(failure(of), 'output') as object,
      }),
    ),
  );
}

/** Documents each field of a query. */
export function QueryFields(query: z.ZodObject) {
  return applyDecorators(
    ...Object.entries(query.shape).map(([name, field]) =>
      ApiQuery({
        name,
        required: false,
        description: (field as z.ZodType).description,
        schema: document(field as z.ZodType, 'input') as object,
      }),
    ),
  );
}

/** Lets a JSON body in, and documents it and how another one is refused. */
export function JsonBody(body: z.ZodType) {
  return applyDecorators(
    TakesBody(),
    ApiBody({ schema: document(body, 'input') as object }),
    ...refusedBodies('not JSON'),
  );
}

/** The same for what an HTML form sends, of either type. */
export function FormBody(body: z.ZodType) {
  return applyDecorators(
    TakesForm(),
    ApiConsumes('application/x-www-form-urlencoded', 'multipart/form-data'),
    ApiBody({ schema: document(body, 'input') as object }),
    ...refusedBodies('not a form'),
  );
}

function refusedBodies(not: string) {
  const schema = document(failure(['C003']), 'output') as object;
  return [
    ApiResponse({ status: 413, description: 'C003: more than 64 KB', schema }),
    ApiResponse({ status: 415, description: `C003: ${not}`, schema }),
  ];
}

/** Documents that a route wants an access token. */
export function Protected(tag: string) {
  return applyDecorators(ApiTags(tag), ApiBearerAuth());
}

/** `/docs` for people, `/docs-json` for programs. */
export function serveOpenApi(
  app: INestApplication,
  { title, description }: { title: string; description: string },
): void {
  const outline = new DocumentBuilder()
    .setTitle(title)
    .setDescription(description)
    .setVersion('1')
    .addBearerAuth()
    .build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, outline), { jsonDocumentUrl: 'docs-json' });
}
