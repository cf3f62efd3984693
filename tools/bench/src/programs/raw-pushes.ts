import https from 'node:https';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { workspace } from '@allim/stack';
import { type RawInput } from '../sending.js';
import { type PushSample } from './push-server.js';
import { answerQuestions } from './questions.js';
import { together } from './together.js';

/** What is used of it. */
interface Firebase {
  initializeApp(options: object): object;
  getMessaging(app: object): { send(message: object): Promise<string> };
}
// The very copy that the app sends by.
const ofApp = createRequire(`${workspace}apps/channel-push/package.json`);
const { initializeApp }: Pick<Firebase, 'initializeApp'> = ofApp('firebase-admin/app');
const { getMessaging }: Pick<Firebase, 'getMessaging'> = ofApp('firebase-admin/messaging');

/** firebase-admin's `send()` over kept connections, and nothing else. Answers pushes per second. */
async function send({ url, concurrency, count, sample }: RawInput): Promise<number> {
  const { hostname, port } = new URL(url);
  const httpAgent = new https.Agent({ keepAlive: true, maxSockets: concurrency });
  // The SDK knows no other address than Google's, and https only.
  httpAgent.createConnection = () => connect({ host: hostname, port: Number(port), noDelay: true });
  const credential = { getAccessToken: async () => ({ access_token: 'nobody', expires_in: 3600 }) };
  const messaging = getMessaging(initializeApp({ credential, projectId: 'allim-local', httpAgent }));
  const { message } = sample as PushSample;
  return await together(count, concurrency, () => messaging.send(message));
}

answerQuestions({ send });
