import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';

/** What of a service account's key file is needed to send. A secret: never to be logged. */
export interface ServiceAccount {
  projectId: string;
  clientEmail: string;
  /** PEM. */
  privateKey: string;
}

const keyFile = z.object({
  type: z.literal('service_account'),
  project_id: z.string().regex(/^[a-z0-9:.-]{1,100}$/),
  client_email: z.email(),
  private_key: z.string().refine(isPrivateKey),
});

/**
 * Reads the JSON of a service account's key file. Throws an Error that says what is wrong with it and repeats nothing of
 * it (the messages of JSON.parse do).
 */
export function parseServiceAccount(json: string): ServiceAccount {
  let given: unknown;
  try {
    given = JSON.parse(json);
  } catch {
    throw new Error("expected the JSON of a service account's key file");
  }
  const read = keyFile.safeParse(given);
  if (!read.success) {
    const wrong = read.error.issues.map(({ path }) => String(path[0] ?? 'an object'));
    throw new Error(`expected the JSON of a service account's key file; missing or wrong in it: ${wrong.join(', ')}`);
  }
  const { project_id: projectId, client_email: clientEmail, private_key: privateKey } = read.data;
  return { projectId, clientEmail, privateKey };
}

function isPrivateKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'rsa';
  } catch {
    return false;
  }
}
