import type { ContactDetails, DeviceDetails } from '@allim/contracts';

interface SamplePerson {
  /** What is left out is its default. */
  contact: Partial<ContactDetails> & Pick<ContactDetails, 'email'>;
  /** By token. */
  devices: Record<string, DeviceDetails>;
}

/**
 * The people of the sample events: both languages, promotions with and without consent, several devices and none. One of
 * each language may get promotions at any hour: one has agreed to the night's, the other lives where Korea's night is not.
 */
export const samplePeople: Record<string, SamplePerson> = {
  'user-1': {
    contact: { name: '김민지', email: 'user-1@example.com', promotionConsent: true, nightConsent: true },
    devices: {
      'sample-user-1-phone': { platform: 'android', appVersion: '4.2.0' },
      'sample-user-1-browser': { platform: 'web', appVersion: null },
    },
  },
  'user-2': {
    contact: { name: '이준호', email: 'user-2@example.com' },
    devices: { 'sample-user-2-phone': { platform: 'ios', appVersion: '4.2.0' } },
  },
  'user-3': {
    contact: { name: '박서연', email: 'user-3@example.com', promotionConsent: true },
    devices: { 'sample-user-3-phone': { platform: 'android', appVersion: '4.1.3' } },
  },
  'user-4': {
    contact: {
      name: 'Alex Morgan',
      email: 'user-4@example.com',
      language: 'en',
      zone: 'America/New_York',
      promotionConsent: true,
    },
    devices: {
      'sample-user-4-phone': { platform: 'ios', appVersion: '4.2.0' },
      'sample-user-4-browser': { platform: 'web', appVersion: null },
    },
  },
  'user-5': {
    contact: { name: 'Haruto Sato', email: 'user-5@example.com', language: 'en', zone: 'Asia/Tokyo' },
    devices: {},
  },
};

/**
 * Registers the sample people, each by requests of their own, as a client would. May be repeated: a contact that has an
 * address is left as its owner has made it.
 *
 * @throws with the request that was refused
 */
export async function introduceSamplePeople(apiUrl: string, tokenOf: (user: string) => Promise<string>): Promise<void> {
  await Promise.all(
    Object.entries(samplePeople).map(async ([user, { contact, devices }]) => {
      const authorization = `Bearer ${await tokenOf(user)}`;
      const ask = async (method: 'GET' | 'PUT', path: string, body?: object) => {
        const answer = await fetch(`${apiUrl}/api/v1/${path}`, {
          method,
          headers: { authorization, ...(body && { 'content-type': 'application/json' }) },
          body: body && JSON.stringify(body),
          signal: AbortSignal.timeout(10_000),
        });
        if (!answer.ok) throw new Error(`${method} /api/v1/${path} of ${user} answered ${answer.status}`);
        return (await answer.json()) as { data: unknown };
      };
      const { email } = (await ask('GET', 'contact')).data as ContactDetails;
      if (email === null) await ask('PUT', 'contact', contact);
      for (const [token, device] of Object.entries(devices)) await ask('PUT', `devices/${token}`, device);
    }),
  );
}
