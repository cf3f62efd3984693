import { contactDetails, deviceDetails, deviceToken } from '@allim/contracts';
import { sampleUsers } from './feed.js';
import { samplePeople } from './sample-people.js';

const people = Object.values(samplePeople);

it('are those of the feed', () => {
  expect(Object.keys(samplePeople)).toEqual([...sampleUsers]);
});

it('are told in shapes that the api takes, with devices that are nobody else’s', () => {
  for (const { contact, devices } of people) {
    expect(contactDetails.parse(contact)).toMatchObject(contact);
    for (const [token, device] of Object.entries(devices)) {
      expect(deviceToken.parse(token)).toBe(token);
      expect(deviceDetails.parse(device)).toEqual(device);
    }
  }
  const tokens = people.flatMap(({ devices }) => Object.keys(devices));
  expect(new Set(tokens).size).toBe(tokens.length);
});

it('have in both languages somebody with devices who gets promotions at any hour', () => {
  const reached = people
    .filter(({ devices }) => Object.keys(devices).length > 0)
    .map(({ contact }) => contactDetails.parse(contact))
    .filter((contact) => contact.promotionConsent && (contact.nightConsent || contact.zone !== 'Asia/Seoul'));
  expect(new Set(reached.map(({ language }) => language))).toEqual(new Set(['ko', 'en']));
});
