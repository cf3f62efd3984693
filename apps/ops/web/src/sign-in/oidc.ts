import { UserManager, WebStorageStateStore } from 'oidc-client-ts';
import { type ConsoleSettings } from '../api-shapes.js';

/** Authorization code with PKCE. No renewal in a frame: who signs in again comes back to where they were. */
function manager({ authority, clientId, scope }: NonNullable<ConsoleSettings['oidc']>): UserManager {
  const store = new WebStorageStateStore({ store: sessionStorage });
  return new UserManager({
    authority,
    client_id: clientId,
    scope,
    redirect_uri: `${location.origin}/signed-in`,
    response_type: 'code',
    automaticSilentRenew: false,
    loadUserInfo: false,
    userStore: store,
    stateStore: store,
  });
}

/** Leaves for the issuer. */
export function leave(oidc: NonNullable<ConsoleSettings['oidc']>): Promise<void> {
  return manager(oidc).signinRedirect({ state: location.pathname + location.search });
}

/** Back from the issuer: the access token, and where the operator was. Throws when the issuer says no. */
export async function arrive(oidc: NonNullable<ConsoleSettings['oidc']>): Promise<{ token: string; from: string }> {
  const issuer = manager(oidc);
  const { access_token: token, state } = await issuer.signinRedirectCallback();
  // The session keeps the token; one copy is enough.
  await issuer.removeUser();
  return { token, from: typeof state === 'string' && /^\/(?![/\\])/.test(state) ? state : '/' };
}
