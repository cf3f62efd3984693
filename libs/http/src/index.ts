export { ApiExcludeController, ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
export { AccessGuard, ByCaller, NeedsScope } from './access.guard.js';
export { Access, type Revocations } from './access.js';
export { Allowance } from './allowance.js';
export { AnswerFilter } from './answer.filter.js';
export { judge, ok, refused } from './answer.js';
export { type Authenticate, authenticator } from './authenticator.js';
export { BodyGuard, TakesBody } from './bodies.js';
export type { Caller } from './caller.js';
export {
  Accepts,
  Answers,
  FormBody,
  JsonBody,
  Protected,
  PublicAnswers,
  QueryFields,
  serveOpenApi,
} from './openapi.js';
export { badRequest, forbidden, Refusal, tryLater } from './refusal.js';
export { requestLog } from './request-log.js';
export { securityHeaders } from './security-headers.js';
export { accessSettings, oneKeySource } from './settings.js';
export { digits, readShape, shapeRefusal } from './shape.js';
export { ShapePipe } from './shape.pipe.js';
