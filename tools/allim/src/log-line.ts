const levels: Record<number, string> = { 10: 'TRACE', 20: 'DEBUG', 30: 'INFO', 40: 'WARN', 50: 'ERROR', 60: 'FATAL' };

/**
 * A child's log line with its name before it. On a terminal, pino's JSON becomes words; elsewhere it stays JSON for programs.
 *
 * @param pretty whether people read it
 */
export function logLine(program: string, line: string, pretty: boolean): string {
  const entry = pretty ? parsed(line) : undefined;
  return `${program.padEnd(8)} | ${entry ? words(entry) : line}`;
}

function words({ level, msg, time, name: _, pid: __, hostname: ___, ...rest }: Record<string, unknown>): string {
  const details = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return [String(time).slice(11, 23), (levels[Number(level)] ?? String(level)).padEnd(5), msg, ...details].join(' ');
}

function parsed(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
