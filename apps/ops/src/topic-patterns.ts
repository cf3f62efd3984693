const pattern = /^[A-Za-z0-9._*-]{1,249}$/;

/** What Kafka takes for a topic's name, with `*` for any text. */
export const isTopicPattern = (text: string): boolean => pattern.test(text);

/** Whether a topic's name is that of one of these patterns. */
export function topicMatcher(patterns: readonly string[]): (topic: string) => boolean {
  const alternatives = patterns.map((one) => one.replaceAll('.', '\\.').replaceAll('*', '.*'));
  const whole = new RegExp(`^(?:${alternatives.join('|')})$`);
  return (topic) => whole.test(topic);
}
