import { apps, readCommand, usage, WrongUsage } from './command-line.js';

const reads = (line: string) => readCommand(line.split(' ').filter(Boolean));

it.each([
  ['', { name: 'help' }],
  ['publish --help', { name: 'help' }],
  ['start', { name: 'start', feed: true, fresh: false, apps: [...apps] }],
  ['start --no-feed --fresh --apps api', { name: 'start', feed: false, fresh: true, apps: ['api'] }],
  ['stack up', { name: 'stack', action: 'up' }],
  ['token --user user-1', { name: 'token', user: 'user-1', scope: undefined, ttlS: 3600 }],
  ['token --user u --scope ops --ttl 5', { name: 'token', user: 'u', scope: 'ops', ttlS: 5 }],
  ['publish a.b {"x":1} --key k', { name: 'publish', topic: 'a.b', key: 'k', value: { json: '{"x":1}' } }],
  ['publish a.b --file f.bin', { name: 'publish', topic: 'a.b', key: undefined, value: { file: 'f.bin' } }],
  [
    'start --apps mailbox,channel-email',
    { name: 'start', feed: true, fresh: false, apps: ['mailbox', 'channel-email'] },
  ],
  ['migrate', { name: 'migrate' }],
  ['template preview campaign', { name: 'template', template: 'campaign' }],
])('understands "%s"', (line, command) => {
  expect(reads(line)).toEqual(command);
});

it.each([
  ['begin', 'begin: no such command'],
  ['start --quick', "Unknown option '--quick'"],
  ['start now', "Unexpected argument 'now'"],
  ['start --apps api,mail', 'there is no app "mail"'],
  ['stack', 'expected up, down, reset, status'],
  ['stack sideways', 'expected up, down, reset, status'],
  ['token', 'expected --user'],
  ['token --user', 'argument missing'],
  ['token --user u --ttl soon', 'whole number of seconds'],
  ['publish', 'expected a topic'],
  ['publish a.b', 'either JSON after the topic or --file'],
  ['publish a.b {} --file f', 'either JSON after the topic or --file'],
  ['publish a.b {x:1}', 'not JSON'],
  ['publish a.b {} {}', "Unexpected argument '{}'"],
  ['template', 'template: expected preview'],
  ['template show campaign', 'template: expected preview'],
  ['template preview', 'expected the name of a template'],
])('says what was expected instead of "%s"', (line, message) => {
  expect(() => reads(line)).toThrow(WrongUsage);
  expect(() => reads(line)).toThrow(message);
});

it('shows every command in its usage', () => {
  for (const name of [
    'start',
    'stack up|down|reset|status',
    'token',
    'publish',
    'migrate',
    'template preview',
    ...apps,
  ])
    expect(usage).toContain(name);
});
