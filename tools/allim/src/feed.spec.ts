import { sampleEvents, subscribedTopics } from '@allim/catalogue';
import { feedEvents, sampleUsers } from './feed.js';

it('has every topic and every user', () => {
  const events = feedEvents(1000);
  expect(new Set(events.map(({ topic }) => topic))).toEqual(new Set(subscribedTopics));
  expect(new Set(events.map(({ key }) => key))).toEqual(new Set(sampleUsers));
});

it('never has the same event twice, nor one of another feed, but that nobody signs up for the second time', () => {
  const events = [...feedEvents(1000), ...feedEvents(1080)]
    .filter(({ topic }) => topic !== 'user-signup')
    .map(({ topic, value }) => `${topic} ${value}`);
  expect(new Set(events).size).toBe(events.length);
});

it('is made of the catalogue’s own samples', () => {
  const [first] = feedEvents(7);
  expect(sampleEvents({ user: 'user-1', number: 7 })).toContainEqual(first);
});
