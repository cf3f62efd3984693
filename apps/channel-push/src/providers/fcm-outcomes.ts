import { type Outcome } from '@allim/channel';

/** What one of FCM's error codes means for the delivery, the device's token and us. */
export interface FcmVerdict {
  kind: 'temporary' | 'permanent' | 'infrastructure';
  /** `if named`: only when the answer says that the token is what is wrong. */
  forgetsToken: 'yes' | 'if named' | 'no';
  /** Somebody must act: it will not heal by itself. */
  alert: boolean;
  /** How long to wait at least where FCM names no time itself. */
  leastRetryAfterMs?: number;
}

const temporary: FcmVerdict = { kind: 'temporary', forgetsToken: 'no', alert: false };
const permanent: FcmVerdict = { kind: 'permanent', forgetsToken: 'no', alert: false };
const infrastructure: FcmVerdict = { kind: 'infrastructure', forgetsToken: 'no', alert: true };

/** FCM's own rule. */
const quotaPauseMs = 60_000;

/**
 * By FCM's own code (https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode), and below that by the status
 * of google.rpc, for answers that carry no code of FCM's. What is in neither is `unknownCode`.
 */
export const fcmOutcomes: Readonly<Record<string, FcmVerdict>> = {
  UNREGISTERED: { ...permanent, forgetsToken: 'yes' },
  INVALID_ARGUMENT: { ...permanent, forgetsToken: 'if named' },
  SENDER_ID_MISMATCH: { ...permanent, alert: true },
  THIRD_PARTY_AUTH_ERROR: infrastructure,
  QUOTA_EXCEEDED: { ...temporary, leastRetryAfterMs: quotaPauseMs },
  UNAVAILABLE: temporary,
  INTERNAL: temporary,

  UNAUTHENTICATED: infrastructure,
  PERMISSION_DENIED: infrastructure,
  RESOURCE_EXHAUSTED: { ...temporary, leastRetryAfterMs: quotaPauseMs },
  DEADLINE_EXCEEDED: temporary,
  // The SDK makes "token not registered" of it, and a wrong project would cost every token. Not `infrastructure`
  // either: should it be this one device after all, it would hold up all others for ever.
  NOT_FOUND: { ...temporary, alert: true },
};

/** A code that we do not know, or none: it may pass, and somebody should look. */
export const unknownCode: FcmVerdict = { ...temporary, alert: true };

/** For answers without any code: a proxy's, or the front end's own page. */
const codeOfStatus: Readonly<Record<number, string>> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'QUOTA_EXCEEDED',
  500: 'INTERNAL',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

/** The whole of it, so that no text of a notification that is quoted in another complaint passes for it. */
const badToken = 'The registration token is not a valid FCM registration token';

/** What FCM answered instead of a message id. */
export interface FcmRefusal {
  status: number;
  /** Names in lower case. */
  headers: Readonly<Record<string, unknown>>;
  /** The body: parsed when it is JSON, else its text. */
  data?: unknown;
}

export interface JudgedRefusal {
  /** FCM's code, or google.rpc's, or `HTTP 418`. */
  code: string;
  known: boolean;
  alert: boolean;
  outcome: Extract<Outcome, { reason: string }>;
}

/** What is to become of a delivery whose send FCM has refused. `now`: milliseconds since 1970. */
export function judgeRefusal({ status, headers, data }: FcmRefusal, now: number): JudgedRefusal {
  const error = errorOf(data);
  const code = error?.code ?? codeOfStatus[status] ?? `HTTP ${status}`;
  const known = Object.hasOwn(fcmOutcomes, code);
  const verdict = known ? fcmOutcomes[code]! : unknownCode;
  const { alert } = verdict;
  const fields = error && error.fields.length > 0 ? `: ${error.fields.join(', ')}` : '';
  const reason = `FCM ${code} (${status})${fields}`.slice(0, 300);

  if (verdict.kind === 'permanent') {
    const forgets = verdict.forgetsToken === 'yes' || (verdict.forgetsToken === 'if named' && error?.namesToken);
    return { code, known, alert, outcome: { kind: 'permanent', reason, ...(forgets && { forgetToken: true }) } };
  }
  const wait = retryAfterMs(headers['retry-after'], now) ?? verdict.leastRetryAfterMs;
  const outcome = { kind: verdict.kind, reason, ...(wait !== undefined && { retryAfterMs: wait }) };
  return { code, known, alert, outcome };
}

interface FcmError {
  code: string | undefined;
  namesToken: boolean;
  /** Names of the fields that FCM complains of; its descriptions quote values, so they stay behind. */
  fields: string[];
}

/** FCM's error object; nothing when the body is none. Whatever is of another shape than documented is passed over. */
function errorOf(data: unknown): FcmError | undefined {
  const error = property(data, 'error');
  if (typeof error !== 'object' || error === null) return undefined;
  const details = list(property(error, 'details'));
  const own = details
    .filter((detail) => String(property(detail, '@type')).endsWith('/google.firebase.fcm.v1.FcmError'))
    .map((detail) => property(detail, 'errorCode'));
  const fields = details
    .flatMap((detail) => list(property(detail, 'fieldViolations')))
    .map((violation) => property(violation, 'field'))
    .filter((field) => typeof field === 'string')
    .filter((field) => /^[\w.[\]]{1,80}$/.test(field));
  return {
    code: [...own, property(error, 'status')].find(isCode),
    namesToken: fields.includes('message.token') || property(error, 'message') === badToken,
    fields,
  };
}

const isCode = (value: unknown): value is string => typeof value === 'string' && /^[A-Z][A-Z_]{1,60}$/.test(value);
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const property = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;

/** What is beyond is a fault of theirs, and a date that no calendar has would be one of ours. */
const longestRetryAfterMs = 24 * 3_600_000;

/** Milliseconds that a Retry-After header asks for, in seconds or as an HTTP date; nothing when it says nothing. */
export function retryAfterMs(header: unknown, now: number): number | undefined {
  if (typeof header !== 'string') return undefined;
  const text = header.trim();
  const wait = /^\d+(\.\d+)?$/.test(text) ? Math.ceil(Number(text) * 1000) : Date.parse(text) - now;
  return wait >= 0 ? Math.min(wait, longestRetryAfterMs) : undefined;
}
