import { generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

/** A service account's key file, as Google writes it. */
export interface ServiceAccount {
  type: 'service_account';
  project_id: string;
  private_key_id: string;
  /** PKCS #8 in PEM. */
  private_key: string;
  client_email: string;
  client_id: string;
  token_uri: string;
}

/**
 * A throw-away service account for an FCM server of ours. Its key opens nothing anywhere.
 *
 * `token_uri` names our server, as a client that follows it expects. google-auth-library 11 (inside firebase-admin 14) does not:
 * it always asks https://oauth2.googleapis.com/token, and reaches us only through an `http.Agent` that leads there.
 *
 * @param url of the FCM server, e.g. `http://127.0.0.1:8026`
 */
export async function serviceAccount(url: string, project = 'allim-local'): Promise<ServiceAccount> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return {
    type: 'service_account',
    project_id: project,
    private_key_id: randomBytes(20).toString('hex'),
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    client_email: `mailbox@${project}.iam.gserviceaccount.com`,
    client_id: '000000000000000000000',
    token_uri: `${url}/token`,
  };
}
