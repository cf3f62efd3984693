import { logLine } from './log-line.js';

const line = '{"level":40,"time":"2026-02-06T10:00:00.123Z","name":"api","msg":"slow","ms":12,"route":{"id":1}}';

it('becomes words on a terminal', () => {
  expect(logLine('api-2', line, true)).toBe('api-2    | 10:00:00.123 WARN  slow ms=12 route={"id":1}');
});

it('stays JSON for programs', () => {
  expect(logLine('api-2', line, false)).toBe(`api-2    | ${line}`);
});

it('passes on what is no log entry', () => {
  expect(logLine('api-2', '{ not json', true)).toBe('api-2    | { not json');
});
