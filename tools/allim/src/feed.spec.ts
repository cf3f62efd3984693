import { type DataError, readEvent, requestTopic, sampleEvents, subscribedTopics, templates } from '@allim/catalogue';
import { feedEvents, sampleUsers } from './feed.js';

it('has every topic and every user', () => {
  const events = feedEvents(1000);
  expect(new Set(events.map(({ topic }) => topic))).toEqual(new Set(subscribedTopics));
  expect(new Set(events.map(({ key }) => key))).toEqual(new Set(sampleUsers));
});

it('never has the same event twice, nor one of another feed, but that nobody signs up for the second time', () => {
  const events = [...feedEvents(1000), ...feedEvents(1080)]
    .filter(({ topic, value }) => topic !== 'user-signup' && value !== '')
    .map(({ topic, value }) => `${topic} ${value}`);
  expect(new Set(events).size).toBe(events.length);
});

it('is made of the catalogue’s own samples, but that people sign up by their own names', () => {
  const [signup, order] = feedEvents(7);
  expect(JSON.parse(signup!.value)).toMatchObject({ userId: 'user-1', name: '김민지' });
  expect(sampleEvents({ user: 'user-2', number: 8 })).toContainEqual(order);
});

it('asks for every template, in both languages, and among the first events', () => {
  const events = feedEvents(7);
  const asked = events
    .filter(({ topic, key }) => topic === requestTopic && key !== 'user-5')
    .map(({ key, value }) => `${JSON.parse(value).template} ${key}`);
  for (const { name } of templates) expect(asked).toEqual(expect.arrayContaining([`${name} user-1`, `${name} user-4`]));
  const promotions = events.findLastIndex(({ value }) => value.includes('"campaign"'));
  expect(promotions).toBeLessThan(30);
});

it('has a few that become dead letters, of different causes, and nothing else that does', () => {
  const causes = feedEvents(7).flatMap(({ topic, value }) => {
    try {
      readEvent(topic, Buffer.from(value));
      return [];
    } catch (error) {
      return [`${topic} ${(error as DataError).errorClass}`];
    }
  });
  expect(causes).toEqual([
    'shopping.order.created bad-schema',
    'shopping.order.created bad-schema',
    'blog.post.liked bad-json',
    'shopping.order.created bad-schema',
    'blog.user.followed empty',
    'notification.requested unknown-template',
  ]);
});
