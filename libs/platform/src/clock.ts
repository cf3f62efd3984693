/** The time of day, in milliseconds since 1970 UTC; passed in wherever a rule depends on it. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();
