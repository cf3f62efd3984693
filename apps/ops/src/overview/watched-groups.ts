import { sentChannels, subscribedTopics } from '@allim/catalogue';
import { commandTopic, laneGroup, priorities, replayTopic } from '@allim/contracts';
import { topicMatcher } from '../topic-patterns.js';
import { type WatchedGroup } from './group-lags.js';

/** Those of the channel apps: one for each lane. */
const lanes = sentChannels.flatMap((channel) =>
  priorities.map((priority) => {
    const commands = commandTopic(channel, priority);
    return { group: laneGroup(channel, priority), reads: (topic: string) => topic === commands };
  }),
);

/**
 * Whose lag is shown: the index's, the consumer's and the others that are asked for. What ours read is known; of any other
 * group it is what it has committed.
 */
export function watchedGroups(settings: {
  KAFKA_GROUP_ID: string;
  DEAD_LETTER_TOPICS: readonly string[];
  REPLAY_CONSUMER_GROUP: string;
  WATCHED_GROUPS: readonly string[];
}): WatchedGroup[] {
  const { KAFKA_GROUP_ID, DEAD_LETTER_TOPICS, REPLAY_CONSUMER_GROUP, WATCHED_GROUPS } = settings;
  const consumed = new Set([...subscribedTopics, replayTopic]);
  const known: readonly WatchedGroup[] = [
    { group: KAFKA_GROUP_ID, reads: topicMatcher(DEAD_LETTER_TOPICS) },
    { group: REPLAY_CONSUMER_GROUP, reads: (topic) => consumed.has(topic) },
    ...lanes,
  ];
  const names = new Set([KAFKA_GROUP_ID, REPLAY_CONSUMER_GROUP, ...WATCHED_GROUPS]);
  return [...names].map((name) => known.find(({ group }) => group === name) ?? { group: name, reads: () => false });
}
