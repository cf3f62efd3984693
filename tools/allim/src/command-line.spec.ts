import { apps, readCommand, usage, WrongUsage } from './command-line.js';

const reads = (line: string) => readCommand(line.split(' ').filter(Boolean));

const replay = {
  ...{ name: 'dlt', action: 'replay', json: false },
  ...{ rate: undefined, force: false, edit: undefined, dryRun: false, reason: undefined, yes: false, detach: false },
};

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
  ['dlt replay 12 13 12 --reason fixed', { ...replay, set: { numbers: [12, 13] }, reason: 'fixed' }],
  [
    'dlt replay --filter topic=a.b,state=parked --force --rate 0 --reason fixed --yes --detach --json',
    {
      ...replay,
      set: { filter: { topic: 'a.b', state: 'parked' } },
      ...{ reason: 'fixed', rate: 0, force: true, yes: true, detach: true, json: true },
    },
  ],
  ['dlt replay --filter state=open --dry-run', { ...replay, set: { filter: { state: 'open' } }, dryRun: true }],
  [
    'dlt replay 12 --edit order.json --rate 100000 --dry-run',
    { ...replay, set: { numbers: [12] }, edit: 'order.json', rate: 100_000, dryRun: true },
  ],
  ['dlt job', { name: 'dlt', action: 'job list', json: false, limit: 50 }],
  ['dlt job --json', { name: 'dlt', action: 'job list', json: true, limit: 50 }],
  ['dlt job list --limit 7', { name: 'dlt', action: 'job list', json: false, limit: 7 }],
  ['dlt job show 7', { name: 'dlt', action: 'job show', json: false, job: 7 }],
  ['dlt job follow 7', { name: 'dlt', action: 'job follow', json: false, job: 7 }],
  [
    'dlt job letters 7 --filter state=skipped',
    { name: 'dlt', action: 'job letters', json: false, job: 7, filter: { state: 'skipped' }, limit: 50 },
  ],
  [
    'dlt job start 7 --reason fixed --rate 200',
    { name: 'dlt', action: 'job start', json: false, job: 7, reason: 'fixed', rate: 200 },
  ],
  ['dlt job pause 7', { name: 'dlt', action: 'job pause', json: false, job: 7, reason: undefined }],
  ['dlt job resume 7 --json', { name: 'dlt', action: 'job resume', json: true, job: 7, reason: undefined }],
  ['dlt job cancel 7 --reason no', { name: 'dlt', action: 'job cancel', json: false, job: 7, reason: 'no' }],
  ['dlt audit --limit 3', { name: 'dlt', action: 'audit', json: false, limit: 3 }],
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
  ['dlt', 'dlt: expected topics, groups, list, show, discard, replay, job, audit.'],
  ['dlt revive', 'dlt: expected topics'],
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
  ['dlt replay --reason R', 'expected either the numbers of cases or --filter F; --filter state=open are all'],
  ['dlt replay 1 --filter topic=a --reason R', 'expected either the numbers of cases or --filter F'],
  ['dlt replay all --reason R', 'dlt replay: expected the numbers of cases'],
  ['dlt replay 1', 'dlt replay: expected --reason R'],
  ['dlt replay --filter state=replayed --reason R', '--filter: state: expected one of open, parked.'],
  ['dlt replay --filter state=parked --reason R', 'parked cases are replayed with --force only'],
  ['dlt replay 1 2 --edit f --reason R', '--edit: expected the number of one case'],
  ['dlt replay --filter topic=a --edit f --reason R', '--edit: expected the number of one case'],
  ['dlt replay 1 --rate fast --reason R', '--rate: expected letters a second, 1 to 100000, or 0'],
  ['dlt replay 1 --rate 100001 --reason R', '--rate: expected letters a second'],
  ['dlt job begin', 'dlt job: expected list, show, letters, follow, start, pause, resume, cancel.'],
  ['dlt job show', 'dlt job show: expected the number of a job: see dlt job list.'],
  ['dlt job follow seven', 'dlt job follow: expected the number of a job'],
  ['dlt job show 7 8', "Unexpected argument '8'"],
  ['dlt job letters 7 --filter state=open', 'expected one of pending, claimed, published, skipped'],
  ['dlt job letters 7 --filter topic=a', 'there is no field "topic" here; expected some of state'],
  ['dlt job start 7', 'dlt job start: expected --reason R'],
  [`dlt job pause 7 --reason ${'r'.repeat(501)}`, 'dlt job pause: expected --reason R'],
  ['dlt audit --limit 0', 'dlt audit: --limit: expected 1 to 100000'],
  ['completion', 'completion: expected bash'],
  ['completion fish', 'completion: expected bash'],
])('says what was expected instead of "%s"', (line, message) => {
  expect(() => reads(line)).toThrow(WrongUsage);
  expect(() => reads(line)).toThrow(message);
});

it('takes no reason of blanks', () => {
  expect(() => readCommand(['dlt', 'replay', '1', '--reason', '  '])).toThrow('expected --reason R');
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
    ...['topics', 'groups', 'list', 'show', 'discard', 'replay', 'job [list]', 'audit'].map(
      (action) => `dlt ${action}`,
    ),
    ...['show|follow', 'letters', 'start', 'pause|resume|cancel'].map((action) => `dlt job ${action}`),
    'completion bash',
    ...apps,
  ])
    expect(usage).toContain(name);
});
