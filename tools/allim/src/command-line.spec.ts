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
  ['dlt topics', { name: 'dlt', action: 'topics', json: false }],
  ['dlt groups', { name: 'dlt', action: 'groups', json: false, filter: {} }],
  [
    'dlt groups --filter topic=a.b,state=parked --json',
    { name: 'dlt', action: 'groups', json: true, filter: { topic: 'a.b', state: 'parked' } },
  ],
  ['dlt list', { name: 'dlt', action: 'list', json: false, filter: {}, limit: 50 }],
  [
    'dlt list --limit 7 --filter class=handler --filter key=k',
    { name: 'dlt', action: 'list', json: false, filter: { class: 'handler', key: 'k' }, limit: 7 },
  ],
  ['dlt show 12 --json', { name: 'dlt', action: 'show', json: true, number: 12 }],
  [
    'dlt discard 12 13 12 --reason sent-again',
    { name: 'dlt', action: 'discard', json: false, numbers: [12, 13], reason: 'sent-again' },
  ],
  ['completion bash', { name: 'completion' }],
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
  ['dlt', 'dlt: expected topics, groups, list, show, discard.'],
  ['dlt replay', 'dlt: expected topics'],
  ['dlt topics --filter topic=a', "Unknown option '--filter'"],
  ['dlt list --filter colour=red', 'there is no field "colour" here; expected some of topic, class, group'],
  ['dlt groups --filter key=k', 'there is no field "key" here; expected some of topic, state.'],
  ['dlt list --filter topic=a --filter topic=b', '--filter: topic stands there twice'],
  ['dlt list --limit 0', '--limit: expected 1 to 100000'],
  ['dlt list --limit 100001', '--limit: expected 1 to 100000'],
  ['dlt list --limit few', '--limit: expected 1 to 100000'],
  ['dlt show', 'expected the number of a case'],
  ['dlt show 0', 'expected the number of a case'],
  ['dlt show 1e3', 'expected the number of a case'],
  ['dlt show 99999999999999999', 'expected the number of a case'],
  ['dlt show 1 2', "Unexpected argument '2'"],
  ['dlt discard --reason R', 'expected the numbers of cases'],
  ['dlt discard 1 all --reason R', 'expected the numbers of cases'],
  ['dlt discard 1', 'expected --reason R'],
  [`dlt discard 1 --reason ${'r'.repeat(501)}`, 'expected --reason R, why, in 1 to 500 characters'],
  [`dlt discard ${Array.from({ length: 1_001 }, (_, index) => index + 1).join(' ')} --reason R`, 'at most 1000 cases'],
  ['completion', 'completion: expected bash'],
  ['completion fish', 'completion: expected bash'],
])('says what was expected instead of "%s"', (line, message) => {
  expect(() => reads(line)).toThrow(WrongUsage);
  expect(() => reads(line)).toThrow(message);
});

it('takes no reason of blanks', () => {
  expect(() => readCommand(['dlt', 'discard', '1', '--reason', '  '])).toThrow('expected --reason R');
});

it('shows every command in its usage', () => {
  for (const name of [
    'start',
    'stack up|down|reset|status',
    'token',
    'publish',
    'migrate',
    'template preview',
    ...['topics', 'groups', 'list', 'show', 'discard'].map((action) => `dlt ${action}`),
    'completion bash',
    ...apps,
  ])
    expect(usage).toContain(name);
});
