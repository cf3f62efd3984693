import { ApiExcludeController, badRequest, TakesBody } from '@allim/http';
import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { SignJWT } from 'jose';
import { z } from 'zod';

const sampleUsers = [
  { userId: 'user-1', name: 'Minji' },
  { userId: 'user-2', name: 'Junho' },
  { userId: 'user-3', name: 'Seoyeon' },
  { userId: 'user-4', name: 'Alex' },
  { userId: 'user-5', name: 'Haruto' },
];

const tokenRequest = z.strictObject({ userId: z.string() });

/** What a sample user's token is signed with. */
export class SampleTokens {
  constructor(private readonly settings: { AUTH_JWT_SECRET?: string; AUTH_ISSUER?: string; AUTH_AUDIENCE?: string }) {}

  /** Valid for an hour. Throws a C003 when tokens are signed elsewhere. */
  sign(userId: string): Promise<string> {
    const { AUTH_JWT_SECRET: secret, AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience } = this.settings;
    if (secret === undefined) throw badRequest('sample tokens need AUTH_JWT_SECRET');
    const token = new SignJWT({ jti: crypto.randomUUID() }).setProtectedHeader({ alg: 'HS256' }).setSubject(userId);
    if (issuer !== undefined) token.setIssuer(issuer);
    if (audience !== undefined) token.setAudience(audience);
    return token.setIssuedAt().setExpirationTime('1h').sign(new TextEncoder().encode(secret));
  }
}

/** Lets the page pick a user. Part of the program in development only: it hands out tokens without asking who is there. */
@Controller('dev')
@ApiExcludeController()
export class SampleUsersController {
  constructor(private readonly tokens: SampleTokens) {}

  @Get('sample-users')
  users() {
    return sampleUsers;
  }

  @Post('token')
  @HttpCode(200)
  @TakesBody()
  async token(@Body({ schema: tokenRequest }) { userId }: z.infer<typeof tokenRequest>): Promise<{ token: string }> {
    if (!sampleUsers.some((user) => user.userId === userId)) throw badRequest('userId: expected a sample user');
    return { token: await this.tokens.sign(userId) };
  }
}
