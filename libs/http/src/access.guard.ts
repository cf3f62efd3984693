import { type CanActivate, createParamDecorator, type ExecutionContext, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type Request } from 'express';
import { Access } from './access.js';
import { type Caller } from './caller.js';

const scopeKey = 'allim:scope';

/** The scope a token needs for this route. */
export const NeedsScope = (scope: string) => SetMetadata(scopeKey, scope);

const callers = new WeakMap<Request, Caller>();

/** The verified caller, as a parameter of a handler behind the AccessGuard. */
export const ByCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  return callers.get(context.switchToHttp().getRequest<Request>())!;
});

@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly access: Access,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Request>();
    const caller = await this.access.admit(request.headers);
    const scope = this.reflector.get<string | undefined>(scopeKey, context.getHandler());
    this.access.allow(caller, scope);
    callers.set(request, caller);
    return true;
  }
}
