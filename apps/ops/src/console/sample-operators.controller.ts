import { ApiExcludeController, badRequest, TakesBody } from '@allim/http';
import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { SignJWT } from 'jose';
import { z } from 'zod';

const sampleOperators = [
  { operator: 'operator', scope: 'ops:read ops:payload ops:replay' },
  { operator: 'reader', scope: 'ops:read' },
];

const tokenRequest = z.strictObject({ operator: z.string() });

/** What a sample operator's token is signed with. */
export class OperatorTokens {
  constructor(private readonly settings: { AUTH_JWT_SECRET?: string; AUTH_ISSUER?: string; AUTH_AUDIENCE?: string }) {}

  /** Valid for an hour. Throws a C003 when tokens are signed elsewhere. */
  sign(operator: string, scope: string): Promise<string> {
    const { AUTH_JWT_SECRET: secret, AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience } = this.settings;
    if (secret === undefined) throw badRequest('sample tokens need AUTH_JWT_SECRET');
    const token = new SignJWT({ scope }).setProtectedHeader({ alg: 'HS256' }).setSubject(operator);
    if (issuer !== undefined) token.setIssuer(issuer);
    if (audience !== undefined) token.setAudience(audience);
    return token.setIssuedAt().setExpirationTime('1h').sign(new TextEncoder().encode(secret));
  }
}

/** Lets the console pick an operator. Part of the program in development only: it hands out tokens without asking who is there. */
@Controller('dev')
@ApiExcludeController()
export class SampleOperatorsController {
  constructor(private readonly tokens: OperatorTokens) {}

  @Get('sample-operators')
  operators() {
    return sampleOperators;
  }

  @Post('token')
  @HttpCode(200)
  @TakesBody()
  async token(@Body({ schema: tokenRequest }) { operator }: z.infer<typeof tokenRequest>): Promise<{ token: string }> {
    const known = sampleOperators.find((one) => one.operator === operator);
    if (!known) throw badRequest('operator: expected a sample operator');
    return { token: await this.tokens.sign(operator, known.scope) };
  }
}
