// The answers of FCM HTTP v1, as its reference has them: google.rpc.Status, with FCM's own code among the details.

interface Refusal {
  http: number;
  /** google.rpc.Code */
  status: string;
  message: string;
}

export const fcmErrors = {
  UNREGISTERED: { http: 404, status: 'NOT_FOUND', message: 'Requested entity was not found.' },
  INVALID_ARGUMENT: { http: 400, status: 'INVALID_ARGUMENT', message: 'Request contains an invalid argument.' },
  SENDER_ID_MISMATCH: { http: 403, status: 'PERMISSION_DENIED', message: 'SenderId mismatch' },
  THIRD_PARTY_AUTH_ERROR: {
    http: 401,
    status: 'UNAUTHENTICATED',
    message: 'Auth error from APNS or Web Push Service',
  },
  QUOTA_EXCEEDED: { http: 429, status: 'RESOURCE_EXHAUSTED', message: 'Quota exceeded.' },
  UNAVAILABLE: { http: 503, status: 'UNAVAILABLE', message: 'The service is currently unavailable.' },
  INTERNAL: { http: 500, status: 'INTERNAL', message: 'Internal error encountered.' },
} as const satisfies Record<string, Refusal>;

export type FcmErrorCode = keyof typeof fcmErrors;

export interface FcmRefusal {
  error: FcmErrorCode;
  /** Instead of FCM's own words. */
  message?: string;
  /** Header Retry-After: seconds, or an HTTP date. */
  retryAfter?: number | string;
  /** The part of the request that is wrong, e.g. `message.token`: FCM says so for INVALID_ARGUMENT only. */
  field?: string;
}

/** What one push meets. `keep`: whether it is taken although its sender never hears of it; default: true. */
export type FcmFault =
  | FcmRefusal
  /** The connection is reset when the whole request is here. */
  | { reset: true; keep?: boolean }
  /** No answer, for as long as the sender waits. */
  | { hang: true; keep?: boolean }
  /** What a proxy in between might say, e.g. 502 and a page. */
  | { status: number; body: string };

export interface FcmFacts {
  /** 1 for the first one since the server's start; refused ones count. */
  number: number;
  project: string;
  /** Registration token; null when it goes to a topic or a condition. */
  token: string | null;
  message: FcmMessage;
}

/**
 * By token: one fault, each time, or a queue: one for each push, then all is well; undefined in it lets one pass. Or a function that
 * is asked each time; its push waits for what it promises.
 */
export type FcmScript =
  | Readonly<Record<string, FcmFault | readonly (FcmFault | undefined)[]>>
  | ((facts: FcmFacts) => FcmFault | undefined | Promise<FcmFault | undefined>);

/** The message of the request, as it was sent. */
export interface FcmMessage {
  token?: string;
  topic?: string;
  condition?: string;
  notification?: { title?: string; body?: string; image?: string };
  data?: Record<string, string>;
  android?: Record<string, unknown>;
  apns?: Record<string, unknown>;
  webpush?: Record<string, unknown>;
  [field: string]: unknown;
}

export interface Answer {
  http: number;
  headers: Record<string, string>;
  body: unknown;
}

export function refusalAnswer({ error, message, retryAfter, field }: FcmRefusal): Answer {
  const refusal: Refusal = fcmErrors[error];
  const text = message ?? refusal.message;
  const details: unknown[] = [
    { '@type': 'type.googleapis.com/google.firebase.fcm.v1.FcmError', errorCode: error },
    ...(field ? [violation(field, text)] : []),
  ];
  return {
    http: refusal.http,
    headers: retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) },
    body: { error: { code: refusal.http, message: text, status: refusal.status, details } },
  };
}

/** What Google's front end says before FCM is asked: no FcmError among the details. */
export function frontEndAnswer(http: 400 | 401 | 404, status: string, message: string, field?: string): Answer {
  const details = field ? { details: [violation(field, message)] } : {};
  return { http, headers: {}, body: { error: { code: http, message, status, ...details } } };
}

const violation = (field: string, description: string) => ({
  '@type': 'type.googleapis.com/google.rpc.BadRequest',
  fieldViolations: [{ field, description }],
});

/** Notification and data together, as FCM and the push services behind it have it. */
export const largestPayload = 4096;

/** What FCM would refuse in this message; undefined when nothing. */
export function problemOf(message: unknown): Answer | undefined {
  if (!isRecord(message)) {
    return frontEndAnswer(400, 'INVALID_ARGUMENT', 'The message is not set.', 'message');
  }
  const wrong = Object.entries(isRecord(message.data) ? message.data : {}).find(
    ([, value]) => typeof value !== 'string',
  );
  if (wrong || (message.data !== undefined && !isRecord(message.data))) {
    const field = wrong ? `message.data[${wrong[0]}]` : 'message.data';
    return frontEndAnswer(400, 'INVALID_ARGUMENT', `Invalid value at '${field}' (TYPE_STRING)`, field);
  }
  const targets = [message.token, message.topic, message.condition].filter((target) => target !== undefined);
  if (targets.length !== 1 || typeof targets[0] !== 'string' || targets[0] === '') {
    const text = 'Recipient of the message is not set, or more than one is.';
    return refusalAnswer({ error: 'INVALID_ARGUMENT', message: text });
  }
  if (payloadBytes(message as FcmMessage) > largestPayload) {
    return refusalAnswer({ error: 'INVALID_ARGUMENT', message: 'Android message is too big' });
  }
  return undefined;
}

function payloadBytes({ notification = {}, data = {} }: FcmMessage): number {
  const texts = [...Object.values(notification), ...Object.entries(data).flat()];
  return texts.reduce((bytes, text) => bytes + Buffer.byteLength(String(text)), 0);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
