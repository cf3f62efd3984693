import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { throwAwayAccount } from './fcm-server.fixture.js';
import { parseServiceAccount } from './service-account.js';

const account = throwAwayAccount();
const keyFile = {
  type: 'service_account',
  project_id: account.projectId,
  private_key_id: 'abc',
  private_key: account.privateKey,
  client_email: account.clientEmail,
  client_id: '1',
};

describe('a service account', () => {
  it('is read from the JSON of its key file', () => {
    expect(parseServiceAccount(JSON.stringify(keyFile))).toEqual(account);
  });

  it.each([
    ['project_id', { project_id: undefined }],
    ['project_id', { project_id: '../other' }],
    ['client_email', { client_email: 'nobody' }],
    ['private_key', { private_key: account.privateKey.slice(0, 200) }],
    ['private_key', { private_key: ellipticKey() }],
    ['type', { type: 'authorized_user' }],
  ])('is refused by the name of what is wrong: %s', (name, wrong) => {
    expect(() => parseServiceAccount(JSON.stringify({ ...keyFile, ...wrong }))).toThrow(
      `expected the JSON of a service account's key file; missing or wrong in it: ${name}`,
    );
  });

  it.each(['', 'null', '[]', '"text"', 'secret-key', `{"private_key": "${account.privateKey}`])(
    'that is none is refused without repeating it',
    (json) => {
      const message = messageOf(() => parseServiceAccount(json));
      expect(message).toMatch(/^expected the JSON of a service account's key file/);
      expect(message).not.toMatch(/secret|BEGIN/);
    },
  );
});

function ellipticKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}
