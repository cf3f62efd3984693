import { DataError, languages, readEvent, render, sentChannels, subscribedTopics } from '@allim/catalogue';
import { commandTopics, deliveryCommand, laneGroups } from '@allim/contracts';
import { badRequest } from '@allim/http';
import { type ReplayRules } from '@allim/store';
import { type Settings } from '../config.js';
import { topicMatcher } from '../topic-patterns.js';

/** Topics whose records the consumer takes from the topic of replays: domain events, and the commands of channels. */
const replayable: ReadonlySet<string> = new Set([...subscribedTopics, ...commandTopics(sentChannels)]);

export function replayRules(
  settings: Pick<Settings, 'REPLAY_TOPICS' | 'REPLAY_CONSUMER_GROUP' | 'REPLAY_MAX'>,
): ReplayRules {
  const allowed = topicMatcher(settings.REPLAY_TOPICS);
  const groups = new Set([settings.REPLAY_CONSUMER_GROUP, ...laneGroups(sentChannels)]);
  return {
    topicAllowed: (topic) => replayable.has(topic) && allowed(topic),
    groupIsOurs: (group) => groups.has(group),
    replayMax: settings.REPLAY_MAX,
  };
}

/**
 * The bytes of an edited payload, checked as the consumer will: by the schema of its topic, and whether its texts fit.
 *
 * @throws a C003 that names the field and what was expected
 */
export function editedPayload(topic: string, text: string): Buffer {
  const value = Buffer.from(text);
  try {
    if (subscribedTopics.includes(topic)) {
      const planned = readEvent(topic, value);
      if (planned) for (const language of languages) render(planned, language);
    } else if (replayable.has(topic)) {
      const read = deliveryCommand.safeParse(JSON.parse(text));
      if (!read.success)
        throw badRequest(
          `value: ${read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`,
        );
    }
  } catch (error) {
    if (error instanceof DataError) throw badRequest(`value: ${error.message}`);
    if (error instanceof SyntaxError) throw badRequest(`value: expected JSON (${error.message})`);
    throw error;
  }
  return value;
}
