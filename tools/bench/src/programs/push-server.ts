import { setTimeout as pause } from 'node:timers/promises';
import { type FcmServer, startFcmServer } from '@allim/mailbox';
import { answerQuestions } from './questions.js';

export interface PushSample {
  /** Of FCM's v1 API. */
  message: object;
  /** Of the message as JSON. */
  bytes: number;
}

let server: FcmServer;

async function listen(answersAfterMs: number): Promise<string> {
  server = await startFcmServer({ script: () => (answersAfterMs > 0 ? pause(answersAfterMs, undefined) : undefined) });
  return server.url;
}

function sample(): PushSample {
  const push = server.kept.newestFirst()[0];
  if (!push) throw new Error('no push has come');
  return { message: push.message, bytes: push.bytes };
}

answerQuestions({ listen, received: () => server.kept.received, sample });
