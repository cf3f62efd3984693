import { checkTopic } from './publish.js';

const known = ['shopping.order.created', 'shopping.order.cancelled', 'blog.post.liked', 'user-signup'];

it('accepts a known topic', () => {
  expect(() => checkTopic('blog.post.liked', known)).not.toThrow();
});

it.each([
  ['shopping.order.create', 'shopping.order.created'],
  ['shoping.order.cancelled', 'shopping.order.cancelled'],
  ['user_signup', 'user-signup'],
])('%s: names %s first', (topic, nearest) => {
  expect(() => checkTopic(topic, known)).toThrow(`${topic} is no topic of the catalogue. Did you mean ${nearest}`);
});

it('names all of them when none is near', () => {
  expect(() => checkTopic('x', known)).toThrow(`Known: ${known.join(', ')}.`);
});
