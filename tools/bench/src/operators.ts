import { SignJWT } from 'jose';
import { type App, jwtSecret, startApp } from './process.js';
import { type Site } from './site.js';
import { VoidRun } from './void-run.js';

export const startOps = (site: Site): Promise<App> =>
  startApp(site, 'ops', { REQUESTS_PER_SECOND: '100000', REQUEST_BURST: '100000', DEAD_LETTER_LOOK_MS: '1000' });

/** An access token of an operator who may do everything. */
export const operatorToken = (): Promise<string> =>
  new SignJWT({ scope: 'ops:read ops:payload ops:replay' })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('operator')
    .setIssuedAt()
    .setExpirationTime('1 h')
    .sign(new TextEncoder().encode(jwtSecret));

/** Asks ops as an operator; the answer's data. */
export function asking(ops: App) {
  return async <Data>(
    path: string,
    { base = '/dead-letters', body }: { base?: string; body?: object } = {},
  ): Promise<Data> => {
    const answer = await fetch(`${ops.url}/api/v1/ops${base}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: {
        authorization: `Bearer ${await operatorToken()}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      body: body && JSON.stringify(body),
    });
    const { data } = (await answer.json()) as { data: Data };
    if (!answer.ok) throw new VoidRun(`ops answers ${answer.status} to ${base}${path}`);
    return data;
  };
}
