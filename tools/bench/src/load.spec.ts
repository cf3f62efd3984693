import { identityOf, readEvent } from '@allim/catalogue';
import { allTopics, hotTopic, type Load, numberedTopics, numberIn, userOf } from './load.js';

const count = 5_000;

function planned(load: Pick<Load, 'event'>, number: number) {
  const { topic, value } = load.event(number);
  const plan = readEvent(topic, Buffer.from(value));
  if (!plan) throw new Error(`${topic}: nobody is told`);
  return plan;
}

describe.each([
  ['all topics', allTopics],
  ['the hot topic', hotTopic],
])('the load on %s', (_name, load) => {
  it('makes one notification of every event, none of them twice', () => {
    const identities = Array.from({ length: count }, (_, index) => {
      const { to, type, identity } = planned(load, index + 1);
      return identityOf('userId' in to ? to.userId : userOf(0), type, identity).toString('hex');
    });
    expect(new Set(identities).size).toBe(count);
  });
});

it('uses every topic', () => {
  const used = new Set(Array.from({ length: count }, (_, index) => allTopics.event(index + 1).topic));
  expect([...used].sort()).toEqual(allTopics.topics.toSorted());
});

it('reads a microsecond back from the reference of every numbered topic', () => {
  const microsecond = 1_795_000_000_123_456;
  for (let number = microsecond; number < microsecond + numberedTopics.topics.length; number++) {
    const plan = planned({ event: (one) => numberedTopics.event(one, userOf(1)) }, number);
    expect(numberIn(plan.reference?.id ?? '')).toBe(number);
  }
});
