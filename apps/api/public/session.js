const userKey = 'allim.sample-user';
const tokenKey = 'allim.token';

async function answerOf(path, options) {
  const response = await fetch(path, { signal: AbortSignal.timeout(5_000), ...options });
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response.json();
}

/** The users to pick from in development; none where the server is not for that. */
export async function sampleUsers() {
  try {
    return await answerOf('/dev/sample-users');
  } catch {
    return [];
  }
}

/** The sample user of this tab, so that two tabs can show two people. */
export const sampleUser = {
  get: (users) => users.find(({ userId }) => userId === sessionStorage.getItem(userKey)) ?? users[0],
  set: (userId) => sessionStorage.setItem(userKey, userId),
};

export function sampleToken(userId) {
  return answerOf('/dev/token', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ userId }),
  }).then(({ token }) => token);
}

/** The token somebody pasted: in this tab only, gone with it. */
export const pastedToken = {
  get: () => sessionStorage.getItem(tokenKey),
  set: (token) => sessionStorage.setItem(tokenKey, token),
  forget: () => sessionStorage.removeItem(tokenKey),
};
