import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

const clientId = 'allim-console';

/** An OpenID Connect issuer that lets one operator in without asking: authorization code with PKCE, nothing else. */
export class Issuer {
  /** Codes it gave, with the challenge that belongs to each. */
  private readonly codes = new Map<string, string>();

  private constructor(
    private readonly server: Server,
    private readonly key: Awaited<ReturnType<typeof generateKeyPair>>['privateKey'],
    private readonly published: JWK,
  ) {}

  static async start(): Promise<Issuer> {
    const { privateKey, publicKey } = await generateKeyPair('RS256');
    const server = createServer();
    const issuer = new Issuer(server, privateKey, { ...(await exportJWK(publicKey)), kid: 'key-1' });
    server.on('request', (request, response) => void issuer.answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The same server; another origin to a browser, as with issuers that give tokens on a host of its own. */
  private get tokenOrigin(): string {
    return this.url.replace('127.0.0.1', 'localhost');
  }

  /** What a program needs that takes its tokens, and whose console signs in at it. */
  get settings(): NodeJS.ProcessEnv {
    return {
      AUTH_JWT_SECRET: '',
      AUTH_JWKS_URL: `${this.url}/keys`,
      AUTH_ISSUER: this.url,
      OIDC_AUTHORITY: this.url,
      OIDC_CLIENT_ID: clientId,
      OIDC_ORIGINS: this.tokenOrigin,
    };
  }

  stop(): Promise<unknown> {
    return new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url);
    response.setHeader('Access-Control-Allow-Origin', '*');
    const json = (status: number, body: object) =>
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    if (pathname === '/.well-known/openid-configuration') return void json(200, this.configuration());
    if (pathname === '/keys') return void json(200, { keys: [this.published] });
    if (pathname === '/authorize') {
      const code = randomUUID();
      this.codes.set(code, searchParams.get('code_challenge') ?? '');
      const back = new URL(searchParams.get('redirect_uri')!);
      back.searchParams.set('code', code);
      back.searchParams.set('state', searchParams.get('state') ?? '');
      return void response.writeHead(302, { Location: back.href }).end();
    }
    if (pathname === '/token') {
      const form = new URLSearchParams(Buffer.concat(await request.toArray()).toString());
      const verifier = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url');
      const challenge = this.codes.get(form.get('code') ?? '');
      this.codes.delete(form.get('code') ?? '');
      if (challenge !== verifier) return void json(400, { error: 'invalid_grant' });
      return void json(200, await this.tokens());
    }
    response.writeHead(404).end();
  }

  private configuration() {
    return {
      issuer: this.url,
      authorization_endpoint: `${this.url}/authorize`,
      token_endpoint: `${this.tokenOrigin}/token`,
      jwks_uri: `${this.url}/keys`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
    };
  }

  private async tokens() {
    const sign = (claims: Record<string, unknown>) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: 'key-1' })
        .setSubject('operator-of-the-issuer')
        .setIssuer(this.url)
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(this.key);
    return {
      access_token: await sign({ scope: 'ops:read ops:payload' }),
      id_token: await sign({ aud: clientId }),
      token_type: 'Bearer',
      expires_in: 300,
    };
  }
}
