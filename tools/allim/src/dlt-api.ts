import { userInfo } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { ApiResponse, DeadLetterState, ReplayItemState, ReplayJobState } from '@allim/contracts';
import { WrongUsage } from './command-line.js';
import type { Filter } from './dlt-filter.js';
import { visible } from './dlt-visible.js';
import { token } from './token.js';

/** Cases by state. */
export type Counts = Record<DeadLetterState, number>;

/** Bytes as a person can read them: text where they are UTF-8, else hexadecimal digits. */
export interface ShownBytes {
  as: 'text' | 'hex';
  shown: string;
  /** Of the whole. */
  bytes: number;
  isCut: boolean;
}

export interface TopicOfLetters {
  topic: string;
  counts: Counts;
  failedAt: string;
}

export interface GroupOfLetters extends TopicOfLetters {
  id: string;
  errorClass: string;
  pattern: string;
  firstFailedAt: string | null;
}

/** What lists show of a case; times are ISO 8601. */
export interface LetterSummary {
  number: number;
  topic: string;
  partition: number | null;
  offset: string | null;
  consumerGroup: string | null;
  key: ShownBytes | null;
  errorClass: string;
  errorType: string | null;
  message: string;
  group: string;
  state: DeadLetterState;
  failures: number;
  attempts: number | null;
  replays: number;
  valueBytes: number | null;
  firstFailedAt: string | null;
  failedAt: string;
}

export interface Letter extends LetterSummary {
  recordTimestamp: string | null;
  letter: { topic: string; partition: number; offset: string };
  stack: string;
  isMasked: boolean;
  value: ShownBytes | null;
  headers: { name: string; value: ShownBytes }[];
  /** The payload against the schema of its topic; null where nothing can be compared. */
  fields: { field: string; faults: string[] }[] | null;
  /** Replay jobs in whose set it is, the newest first. */
  jobs: { job: number; state: ReplayJobState; letter: string; startedBy: string | null; reason: string | null }[];
}

/** A replay of a set of cases; times are ISO 8601. */
export interface Job {
  job: number;
  replayId: string;
  state: ReplayJobState;
  /** What the set was frozen from; null where its numbers were given. */
  filter: Filter | null;
  numbers: number[] | null;
  isForced: boolean;
  isEdited: boolean;
  /** Records a second; 0: as fast as possible. */
  rate: number;
  /** Size of the set; grows while it is planned. */
  total: number;
  published: number;
  skipped: number;
  /** Of those published. */
  failed: number;
  /** Not in the set, although they match. */
  excluded: { reason: string; count: number }[];
  stopReason: string | null;
  createdBy: string;
  createdAt: string;
  startedBy: string | null;
  startedAt: string | null;
  /** Why it was started. */
  reason: string | null;
  endedAt: string | null;
}

/** One case of a job's set. */
export interface JobLetter {
  number: number;
  state: ReplayItemState;
  /** Why it was skipped. */
  reason: string | null;
}

export interface Deed {
  number: number;
  at: string;
  actor: string;
  action: string;
  reason: string | null;
  /** What it was done to. */
  subject: Record<string, unknown>;
}

/** Ops is away or busy: the same may be asked again. What was to be done may have been done. */
export class NotAnswered extends Error {
  override readonly name = 'NotAnswered';
}

/**
 * One request to ops, `GET` unless it has a body.
 *
 * @param path below `/api/v1/ops`
 * @returns the `data` of its answer
 * @throws with a sentence for the operator; {@link WrongUsage} for what ops calls a bad request, {@link NotAnswered} where it
 *   is not ops that has decided
 */
export type Ask = <Data>(
  path: string,
  request?: { query?: Record<string, string | number | undefined>; body?: object },
) => Promise<Data>;

/** Who asks: the token, and where it comes from, for the message when it is refused. */
export interface Operator {
  token: () => Promise<string>;
  source: string;
}

const tokenTtlS = 60;
/** Reading, discarding and replaying. */
const scope = 'ops:read ops:payload ops:replay';

/**
 * @param given OPS_TOKEN
 * @param secret asked for only when there is no token
 * @throws when OPS_TOKEN cannot be one; fetch's own error would show it
 */
export function operator(given: string | undefined, secret: () => Promise<string>): Operator {
  if (!given) {
    const user = userName();
    return { token: async () => token({ user, scope, ttlS: tokenTtlS }, await secret()), source: 'AUTH_JWT_SECRET' };
  }
  if (!/^[\w.~+/=-]+$/.test(given)) throw new Error('OPS_TOKEN: expected an access token, without blanks.');
  return { token: async () => given, source: 'OPS_TOKEN' };
}

/** For the audit log. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`; // in a container, the system may have no name for it
  }
}

/** Too many requests: so often we wait as long as ops says; it did nothing with them. */
const patience = 10;
const longestWaitS = 10;

/** @param url of ops, without `/api` */
export function asking(url: string, { token, source }: Operator, timeoutMs = 10_000): Ask {
  const base = url.replace(/\/+$/, '');
  const hint = 'is it running, and is OPS_URL right?';

  async function send(path: string, body: object | undefined): Promise<{ response: Response; text: string }> {
    const authorization = `Bearer ${await token()}`;
    try {
      const response = await fetch(`${base}/api/v1/ops${path}`, {
        method: body ? 'POST' : 'GET',
        headers: { authorization, ...(body && { 'content-type': 'application/json' }) },
        body: body && JSON.stringify(body),
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
      });
      return { response, text: await response.text() };
    } catch (error) {
      if ((error as Error).name === 'TimeoutError')
        throw new NotAnswered(`ops at ${base} has not answered within ${timeoutMs / 1_000} s.`, { cause: error });
      throw new NotAnswered(`ops does not answer at ${base} (${reason(error)}): ${hint}`, { cause: error });
    }
  }

  return async <Data>(path: string, { query = {}, body }: Parameters<Ask>[1] = {}) => {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const search =
      given.length > 0
        ? `?${new URLSearchParams(given.map(([name, value]): [string, string] => [name, `${value}`]))}`
        : '';
    for (let asked = 1; ; asked++) {
      const { response, text } = await send(path + search, body);
      const answer = envelope(text);
      const Failure = response.status >= 500 ? NotAnswered : Error;
      if (!answer) throw new Failure(`${base} does not answer as ops does (status ${response.status}): ${hint}`);
      if (answer.success) return answer.data as Data;
      const message = visible(answer.error.message);
      if (response.status === 429 && asked < patience) {
        const waitS = Math.min(Number(response.headers.get('retry-after')) || 1, longestWaitS);
        await pause(waitS * 1_000);
        continue;
      }
      switch (answer.error.code) {
        case 'C001':
          throw new Error(`ops refuses the token (${source}): ${message}.`);
        case 'C002':
          throw new Error(`not allowed with this token (${source}): ${message}.`);
        case 'C003':
          throw new WrongUsage(`${message}.`);
        case 'D001':
        case 'D002':
        case 'D003':
          throw new Error(`${message}.`);
        default:
          throw new Failure(`ops answered ${response.status}: ${message}.`);
      }
    }
  };
}

/** Of fetch's error, whose own message is always `fetch failed`. */
function reason(error: unknown): string {
  const { cause, message } = error as Error;
  return visible(
    (cause as NodeJS.ErrnoException | undefined)?.code || (cause as Error | undefined)?.message || message,
  );
}

/** @returns undefined for what is none, such as a proxy's page */
function envelope(text: string): ApiResponse<unknown> | undefined {
  try {
    const answer = JSON.parse(text);
    const isEnvelope = answer?.success === true ? 'data' in answer : answer?.success === false && answer.error?.message;
    return isEnvelope ? answer : undefined;
  } catch {
    return undefined;
  }
}
