import https from 'node:https';
import net from 'node:net';
import { fixedClock } from '@allim/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ServiceAccountTokens } from './access-token.js';
import { FcmServer, throwAwayAccount } from './fcm-server.fixture.js';

const account = throwAwayAccount();
const minute = 60_000;

let server: FcmServer;
let agent: https.Agent;
let clock: ReturnType<typeof fixedClock>;
let tokens: ServiceAccountTokens;

beforeEach(async () => {
  server = new FcmServer(account);
  await server.start();
  const port = Number(new URL(server.url).port);
  agent = new https.Agent({ keepAlive: true });
  agent.createConnection = () => net.connect(port, '127.0.0.1');
  clock = fixedClock();
  tokens = new ServiceAccountTokens(account, agent, clock);
});

afterEach(async () => {
  agent.destroy();
  await server.close();
});

describe('access tokens', () => {
  it('are held for nearly their hour, and asked for once however many want one', async () => {
    const [first, ...others] = await Promise.all(Array.from({ length: 10 }, () => tokens.current()));
    expect(new Set(others)).toEqual(new Set([first]));
    clock.advance(54 * minute);
    expect(await tokens.current()).toBe(first);
    expect(server.grants).toBe(1);
  });

  it('are renewed before their end, while the old one still serves', async () => {
    const first = await tokens.current();
    clock.advance(56 * minute);
    expect(await tokens.current()).toBe(first);
    expect(await renewed(first)).not.toBe(first);
    expect(server.grants).toBe(2);
  });

  it('outlast an outage of the token endpoint that is shorter than what is left of them', async () => {
    const first = await tokens.current();
    server.replyToGrant = () => ({ status: 503, body: {} });
    clock.advance(56 * minute);
    expect(await tokens.current()).toBe(first);
    clock.advance(2 * minute);
    expect(await tokens.current()).toBe(first);
    clock.advance(1 * minute + 1);
    await expect(tokens.current()).rejects.toMatchObject({ name: 'NoAccessToken', code: 'HTTP 503', refused: false });
    server.replyToGrant = () => undefined;
    expect(await tokens.current()).not.toBe(first);
  });

  it('are replaced once FCM does not take them, but only the one that it has refused', async () => {
    const first = await tokens.current();
    tokens.forget(first);
    const second = await tokens.current();
    expect(second).not.toBe(first);
    tokens.forget(first);
    expect(await tokens.current()).toBe(second);
  });
});

/** The token that the renewal in the background brings. */
async function renewed(old: string): Promise<string> {
  for (;;) {
    const token = await tokens.current();
    if (token !== old) return token;
    await new Promise(setImmediate);
  }
}
