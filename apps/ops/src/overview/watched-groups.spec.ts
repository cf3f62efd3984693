import { watchedGroups } from './watched-groups.js';

const given = {
  KAFKA_GROUP_ID: 'allim-ops',
  DEAD_LETTER_TOPICS: ['*.DLT'],
  REPLAY_CONSUMER_GROUP: 'notification-group',
  WATCHED_GROUPS: [],
};

describe('groups that are watched', () => {
  it('are the index’s and the consumer’s at least, each once', () => {
    const groups = watchedGroups({ ...given, WATCHED_GROUPS: ['another-one', 'notification-group'] });
    expect(groups.map(({ group }) => group)).toEqual(['allim-ops', 'notification-group', 'another-one']);
  });

  it('are behind by what they must read, though they have not begun', () => {
    const topics = [
      'shopping.order.created',
      'shopping.order.created.DLT',
      'allim.replay',
      'allim.delivery.email.high',
    ];
    const groups = watchedGroups({ ...given, WATCHED_GROUPS: ['allim-email-high', 'another-one'] });
    expect(groups.map(({ reads }) => topics.filter(reads))).toEqual([
      ['shopping.order.created.DLT'],
      ['shopping.order.created', 'allim.replay'],
      ['allim.delivery.email.high'],
      [],
    ]);
  });
});
