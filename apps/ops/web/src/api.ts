import { useCallback, useEffect, useRef, useState } from 'react';
import { endSession, identityOf, session, useSession } from './session.js';

/** An answer that says no, in the API's own words. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** No answer at all, or one that is not the API's. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

const base = '/api/v1/ops';
const patienceMs = 30_000;

/** Asks the API; answers its data. Throws an ApiError or NoAnswer. */
export async function ask<T>(path: string, body?: object, signal?: AbortSignal): Promise<T> {
  const asked = session();
  const limit = AbortSignal.timeout(patienceMs);
  let answer: { success: boolean; data: T; error: { code: string; message: string } };
  try {
    const response = await fetch(base + path, {
      method: body ? 'POST' : 'GET',
      headers: {
        Authorization: `Bearer ${asked?.token ?? ''}`,
        ...(body && { 'Content-Type': 'application/json' }),
      },
      body: body && JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    // Not of a token that has been replaced meanwhile.
    if (response.status === 401 && asked === session()) endSession();
    answer = await response.json();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new NoAnswer(error instanceof Error ? error.message : String(error));
  }
  if (answer.success) return answer.data;
  throw new ApiError(answer.error.code, answer.error.message);
}

/** What was read last, so that "back" shows a page at once. */
const answers = new Map<string, unknown>();
const answersKept = 60;
/** Whose answers they are. */
let answersOf: string | undefined;

function keep(path: string, data: unknown): void {
  answers.delete(path);
  answers.set(path, data);
  if (answers.size > answersKept) answers.delete(answers.keys().next().value!);
}

export interface Answer<T> {
  /** Of before while it is read again; undefined: not known yet. */
  data: T | undefined;
  /** Of the last attempt to read it. */
  error: Error | undefined;
  isLoading: boolean;
  readAgain: () => void;
}

interface Known<T> {
  path: string | null;
  data?: T;
  error?: Error;
  isLoading: boolean;
}

/**
 * Reads what the API answers at a path, again when the path or the session changes.
 *
 * @param path null: nothing is to be read
 * @param everyMs reads it again so often, while the tab is looked at; 0: not
 */
export function useAnswer<T>(path: string | null, everyMs = 0): Answer<T> {
  const { session: signedIn } = useSession();
  const token = signedIn?.token;
  if (signedIn && answersOf !== identityOf(signedIn)) {
    answers.clear();
    answersOf = identityOf(signedIn);
  }
  const [turn, setTurn] = useState(0);
  const [known, setKnown] = useState<Known<T>>({ path: null, isLoading: true });
  const latest = useRef(known);
  latest.current = known;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a turn is asked for to read the same once more
  useEffect(() => {
    if (path === null || token === undefined) return;
    const aborted = new AbortController();
    const before = answers.get(path) as T | undefined;
    setKnown({ path, data: before, isLoading: true });
    ask<T>(path, undefined, aborted.signal).then(
      (data) => {
        if (aborted.signal.aborted) return;
        keep(path, data);
        setKnown({ path, data, isLoading: false });
      },
      (error: Error) => !aborted.signal.aborted && setKnown({ path, data: before, error, isLoading: false }),
    );
    return () => aborted.abort();
  }, [path, token, turn]);

  const readAgain = useCallback(() => setTurn((before) => before + 1), []);
  useEffect(() => {
    if (everyMs === 0 || path === null) return;
    const timer = setInterval(() => !document.hidden && !latest.current.isLoading && readAgain(), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, path, readAgain]);

  if (known.path === path) return { data: known.data, error: known.error, isLoading: known.isLoading, readAgain };
  return {
    data: path === null ? undefined : (answers.get(path) as T | undefined),
    error: undefined,
    isLoading: path !== null,
    readAgain,
  };
}
