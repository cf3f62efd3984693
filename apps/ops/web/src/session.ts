import { useSyncExternalStore } from 'react';

export type Scope = 'ops:read' | 'ops:payload' | 'ops:replay';

/** Who works here, as their access token says; whether it is true is up to the server. */
export interface Session {
  token: string;
  operator: string;
  scopes: string[];
  /** Unix time in milliseconds. */
  endsAt: number;
}

/** In this tab only, gone with it. */
const tokenKey = 'allim.token';

interface State {
  session: Session | undefined;
  /** It has ended while the console was in use: the page stays as it is until there is a new one. */
  hasEnded: boolean;
}

let state: State = { session: undefined, hasEnded: false };
let ending: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();
/** A longer one would end at once; the server's answer ends such a session. */
const longestTimerMs = 2 ** 31 - 1;

function become(next: State): void {
  state = next;
  clearTimeout(ending);
  const ms = (next.session?.endsAt ?? Number.POSITIVE_INFINITY) - Date.now();
  if (ms <= longestTimerMs) ending = setTimeout(endSession, ms);
  for (const listener of listeners) listener();
}

/** @returns false when the text is no access token, or one that has ended */
export function startSession(token: string): boolean {
  const session = read(token);
  if (!session || session.endsAt <= Date.now()) return false;
  sessionStorage.setItem(tokenKey, token);
  become({ session, hasEnded: false });
  return true;
}

/** The server does not accept the token any more. */
export function endSession(): void {
  sessionStorage.removeItem(tokenKey);
  become({ session: undefined, hasEnded: true });
}

export function signOut(): void {
  sessionStorage.removeItem(tokenKey);
  become({ session: undefined, hasEnded: false });
}

export const session = (): Session | undefined => state.session;

/** Who it is, and what they may see: what was read by one is not for another. */
export const identityOf = ({ operator, scopes }: Session): string => [operator, ...scopes].join(' ');

export function useSession(): State {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
  );
}

export const useMay = (scope: Scope): boolean => useSession().session?.scopes.includes(scope) ?? false;

function read(token: string): Session | undefined {
  try {
    const [, payload = ''] = token.split('.');
    const binary = atob(payload.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    const { sub, scope, exp } = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
    if (typeof exp !== 'number') return undefined;
    return {
      token,
      operator: String(sub ?? ''),
      scopes: typeof scope === 'string' ? scope.split(' ') : [],
      endsAt: exp * 1000,
    };
  } catch {
    return undefined;
  }
}

const kept = sessionStorage.getItem(tokenKey);
if (kept !== null) startSession(kept);
