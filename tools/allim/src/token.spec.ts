import { jwtVerify } from 'jose';
import { token } from './token.js';

const secret = 'a secret of at least thirty-two bytes';
const verified = async (jwt: string) =>
  (await jwtVerify(jwt, new TextEncoder().encode(secret), { algorithms: ['HS256'] })).payload;

it('names the user and lives as long as it was told', async () => {
  const { sub, iat, exp, scope } = await verified(await token({ user: 'user-1', scope: undefined, ttlS: 90 }, secret));
  expect({ sub, life: exp! - iat!, scope }).toEqual({ sub: 'user-1', life: 90, scope: undefined });
});

it('carries the scope', async () => {
  expect(await verified(await token({ user: 'op', scope: 'ops notify', ttlS: 5 }, secret))).toMatchObject({
    scope: 'ops notify',
  });
});
