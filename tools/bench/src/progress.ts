/** stderr: stdout belongs to the tables. */
export function say(line: string): void {
  process.stderr.write(`bench: ${line}\n`);
}
