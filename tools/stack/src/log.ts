/** Where progress is told: anything that takes longer than a second says what is going on. */
export type Log = (line: string) => void;

/** stderr, because stdout belongs to the result of a command. */
export const logToStderr: Log = (line) => void process.stderr.write(`stack: ${line}\n`);
