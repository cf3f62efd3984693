import { isTopicPattern, topicMatcher } from './topic-patterns.js';

describe('patterns of topics', () => {
  it.each([
    ['*.DLT', 'shopping.order.created.DLT', true],
    ['*.DLT', '.DLT', true],
    ['*.DLT', 'shopping.order.created.DLT.old', false],
    ['*.DLT', 'shoppingXDLT', false],
    ['a.b', 'a.b', true],
    ['a.b', 'axb', false],
    ['bank-*-dlt', 'bank-transfer-dlt', true],
  ])('%s and %s: %s', (pattern, topic, expected) => {
    expect(topicMatcher([pattern])(topic)).toBe(expected);
  });

  it('are alternatives', () => {
    const matches = topicMatcher(['*.DLT', '*-dlt']);
    expect(['a.DLT', 'a-dlt', 'a'].map(matches)).toEqual([true, true, false]);
  });

  it.each([['orders.DLT'], ['*'], ['a_b-c.*']])('%s is one', (text) => expect(isTopicPattern(text)).toBe(true));
  it.each([[''], ['a b'], ['a/b'], ['(a)'], ['a'.repeat(250)]])('%s is none', (text) =>
    expect(isTopicPattern(text)).toBe(false),
  );
});
