import type { ApiResponse, InboxState, NotificationResponse } from '@allim/contracts';
import { inboxError, noAnswer, SignInAgain, TryLater } from './inbox-error.js';

/** Gives an access token; asked again whenever the server no longer accepts the last one. */
export type TokenSource = () => string | Promise<string>;

export interface InboxAddress {
  /** Origin of an api node, e.g. `https://inbox.example.com`. */
  url: string;
  token: TokenSource;
}

/** Newest first; `nextBefore` is the cursor of the next page, older than this one. */
export interface OlderPage {
  items: NotificationResponse[];
  nextBefore: number | null;
  hasMore: boolean;
}

/** Ascending; `nextAfter` is the cursor of the next page, newer than this one. */
export interface NewerPage {
  items: NotificationResponse[];
  nextAfter: number | null;
  hasMore: boolean;
}

/** The inbox by REST. Every method rejects with an InboxError: SignInAgain, TryLater or Refused. */
export interface InboxRequests {
  /** Newest first, those with ids below `before`; `size` 1 to 100, default 20. */
  list(page?: { before?: number; size?: number; unreadOnly?: boolean }): Promise<OlderPage>;
  /** Ascending, those with ids above `after`; `size` 1 to 100, default 20. */
  listAfter(page: { after: number; size?: number; unreadOnly?: boolean }): Promise<NewerPage>;
  state(): Promise<InboxState>;
  /** Topics whose broadcasts come here. */
  subscriptions(): Promise<string[]>;
  read(id: number): Promise<NotificationResponse>;
  /** Resolves with the number of notifications that were unread. */
  readAll(): Promise<number>;
  /** Clears the badge. */
  seen(): Promise<void>;
  remove(id: number): Promise<void>;
}

/** Higher than any id: a first page by cursor, where page numbers would move while new rows arrive. */
const newest = Number.MAX_SAFE_INTEGER;

/** An answer that takes longer counts as none. */
const requestDeadlineMs = 10_000;

export function inboxRequests({ url, token }: InboxAddress): InboxRequests {
  let accepted: string | undefined;

  const ask = async <T>(method: string, path: string): Promise<T> => {
    const isFresh = accepted === undefined;
    try {
      accepted ??= await token();
      const response = await fetch(new URL(`/api/v1/notifications${path}`, url), {
        method,
        headers: { Authorization: `Bearer ${accepted}` },
        // What a person did counts also when the page is left at that moment.
        keepalive: method !== 'GET',
        signal: AbortSignal.timeout(requestDeadlineMs),
      });
      return await read<T>(response);
    } catch (error) {
      if (!(error instanceof SignInAgain)) throw noAnswer(error);
      accepted = undefined;
      if (isFresh) throw error;
      return ask(method, path);
    }
  };

  return {
    list: ({ before = newest, size = 20, unreadOnly } = {}) =>
      ask('GET', `${unreadOnly ? '/unread' : ''}?before=${before}&size=${size}`),
    listAfter: ({ after, size = 20, unreadOnly }) =>
      ask('GET', `${unreadOnly ? '/unread' : ''}?after=${after}&size=${size}`),
    state: () => ask('GET', '/state'),
    subscriptions: () => ask('GET', '/subscriptions'),
    read: (id) => ask('PUT', `/${id}/read`),
    readAll: () => ask('PUT', '/read-all'),
    seen: async () => {
      await ask('PUT', '/seen');
    },
    remove: (id) => ask('DELETE', `/${id}`),
  };
}

async function read<T>(response: Response): Promise<T> {
  const isJson = response.headers.get('content-type')?.includes('json');
  if (!isJson) throw new TryLater('OFFLINE', `answered ${response.status} without JSON`);
  const answer = (await response.json()) as ApiResponse<T>;
  if (answer.success) return answer.data as T;
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  throw inboxError(answer.error, Number.isNaN(seconds) ? undefined : seconds * 1000);
}
