import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import {
  type Filter,
  type FilterField,
  filterFields,
  jobLetterStates,
  readFilter,
  replayableStates,
} from './dlt-filter.js';

export const apps = ['consumer', 'api', 'channel-email', 'channel-push', 'ops', 'mailbox'] as const;
export type App = (typeof apps)[number];

export type Command =
  | { name: 'help' }
  | { name: 'start'; feed: boolean; fresh: boolean; apps: App[] }
  | { name: 'stack'; action: StackAction }
  | { name: 'token'; user: string; scope: string | undefined; ttlS: number }
  | { name: 'publish'; topic: string; key: string | undefined; value: { file: string } | { json: string } }
  | { name: 'migrate' }
  | { name: 'template'; template: string }
  | ({ name: 'dlt'; json: boolean } & DltAction)
  | { name: 'completion' };

/** What is asked of the dead letters. */
type DltAction =
  | { action: 'topics' }
  | { action: 'groups'; filter: Filter }
  | { action: 'list'; filter: Filter; limit: number }
  | { action: 'show'; number: number }
  | { action: 'discard'; numbers: number[]; reason: string }
  | ({ action: 'replay' } & ReplayOrder)
  | { action: 'job list'; limit: number }
  | { action: 'job show'; job: number }
  | { action: 'job follow'; job: number }
  | { action: 'job letters'; job: number; filter: Filter; limit: number }
  | { action: 'job start'; job: number; reason: string; rate: number | undefined }
  | { action: 'job pause' | 'job resume' | 'job cancel'; job: number; reason: string | undefined }
  | { action: 'audit'; limit: number };

export interface ReplayOrder {
  /** As ops wants it. */
  set: { numbers: number[] } | { filter: Filter };
  /** Records a second; 0: as fast as possible; undefined: as ops thinks fit. */
  rate: number | undefined;
  /** Cases, too, that were replayed as often as is allowed. */
  force: boolean;
  /** The file whose text takes the payload's place. */
  edit: string | undefined;
  dryRun: boolean;
  /** There is one unless it is a dry run. */
  reason: string | undefined;
  /** Without asking. */
  yes: boolean;
  /** Without following. */
  detach: boolean;
}

const commandNames = ['start', 'stack', 'token', 'publish', 'migrate', 'template', 'dlt', 'completion'] as const;
const stackActions = ['up', 'down', 'reset', 'status'] as const;
/** `keep` is what `up` runs in the background. */
export type StackAction = (typeof stackActions)[number] | 'keep';

const flag = { type: 'boolean', default: false } as const;
const json = flag;
const limit = { type: 'string', default: '50' } as const;
const reason = { type: 'string' } as const;
const rate = { type: 'string' } as const;
const filter = { type: 'string', multiple: true, default: [] as string[] } as const;
const dltOptions = {
  topics: { json },
  groups: { json, filter },
  list: { json, filter, limit },
  show: { json },
  discard: { json, reason },
  replay: {
    json,
    filter,
    reason,
    rate,
    force: flag,
    'dry-run': flag,
    yes: flag,
    edit: { type: 'string' },
    detach: flag,
  },
  'job list': { json, limit },
  'job show': { json },
  'job letters': { json, filter, limit },
  'job follow': { json },
  'job start': { json, reason, rate },
  'job pause': { json, reason },
  'job resume': { json, reason },
  'job cancel': { json, reason },
  audit: { json, limit },
} as const;
type DltActionName = keyof typeof dltOptions;
const dltActionNames = Object.keys(dltOptions) as DltActionName[];
const jobActions = dltActionNames.filter((name) => name.startsWith('job ')).map((name) => name.replace('job ', ''));
const dltActions = [...new Set(dltActionNames.map((name) => name.split(' ')[0]!))];

/** Groups are counted over whole topics. */
const groupFilterFields: readonly FilterField[] = ['topic', 'state'];
/** What ops takes at once. */
const mostNumbers = 1_000;
const longestReason = 500;
const highestRate = 100_000;
const longestList = 100_000;

/** What may stand where, for the shell's completion: after no word, after `dlt`, after `dlt list`, after `dlt job show`. */
export const completions: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['', commandNames],
  ['stack', stackActions],
  ['template', ['preview']],
  ['completion', ['bash']],
  ['dlt', dltActions],
  ['dlt job', jobActions],
  ...dltActionNames.map(
    (action) => [`dlt ${action}`, Object.keys(dltOptions[action]).map((name) => `--${name}`)] as const,
  ),
]);

/** The command cannot be understood; exit code 2. */
export class WrongUsage extends Error {}

export const usage = `Usage: npm run allim -- <command>

  start [--no-feed] [--fresh] [--apps A,B,…]
                            servers, migrations, apps and a short feed of sample events, until Ctrl-C;
                            --fresh begins with empty data;
                            apps: ${apps.join(', ')}
  stack up|down|reset|status
                            Kafka, database and Redis alone, in the background; reset removes their data
  token --user U [--scope ops] [--ttl S]
                            an access token for the running system (S seconds, 3600 by default)
  publish <topic> [--key K] (--file F | JSON)
                            one record, acknowledged by Kafka; a file is sent byte by byte as it is
  migrate                   brings the database's schema up to date
  template preview <name>   a mail template with sample values, as HTML and text, in each language; written to
                            .stack/previews. Names: notification, user-signup, auth_code, campaign, …
  dlt topics                dead letters by topic and state
  dlt groups [--filter F]   the same by topic, error class and message; F may name topic and state (open by default)
  dlt list [--filter F] [--limit N]
                            the newest cases (50 by default)
  dlt show <number>         one case: the error, headers, payload, stack
  dlt discard <number>… --reason R
                            gives up what is open or parked; the reason stands in the audit log
  dlt replay (<number>… | --filter F) --reason R [--rate N] [--force] [--edit FILE] [--dry-run] [--yes] [--detach]
                            processes them again: shows what would be replayed, asks (unless --yes), starts a job and
                            follows it; --rate: letters a second, 50 by default, 0: as fast as possible; --force: parked
                            ones (state=parked), too, and those replayed too often; --edit: the payload of the one case
                            is this file; --dry-run: shows and ends; --detach: starts and ends. The job is run by ops:
                            Ctrl-C only ends the following
  dlt job [list] [--limit N]
                            the newest replay jobs
  dlt job show|follow <job> one job: as it is, or until its end
  dlt job letters <job> [--filter state=S] [--limit N]
                            its letters; S: ${jobLetterStates.join(', ')}
  dlt job start <job> --reason R [--rate N]
                            replays the very letters that the dry run has shown
  dlt job pause|resume|cancel <job> [--reason R]
                            cancelled, it replays no more; resume goes on with a stopped job, too
  dlt audit [--limit N]     who did what to dead letters, when and why
                            F: field=value pairs joined by commas (\\, is a comma in a value); times are UTC;
                            fields: ${filterFields.join(', ')}.
                            With --json, each of them prints the data as ops answers it
  completion bash           a script for the shell: the command allim, with completion

Examples
  npm run allim -- start --fresh --no-feed
  npm run allim -- token --user user-1 --scope ops
  npm run allim -- publish blog.user.followed --key user-1 '{"followId":1,"followeeId":"user-1","followerId":"user-2","followerName":"이서연"}'
  npm run allim -- dlt list --filter 'topic=shopping.order.created,state=open,since=2026-02-06 10:00'
  npm run --silent allim -- dlt list --filter class=bad-json --json
  npm run allim -- dlt discard 12 13 --reason 'the sender has sent them again'
  npm run allim -- dlt replay --filter class=handler --rate 200 --dry-run
  npm run allim -- dlt replay 12 --edit order.json --reason 'amount was a text'
  npm run allim -- dlt job pause 7
  source <(npm run --silent allim -- completion bash)

Addresses and the token's secret come from the environment (KAFKA_BROKERS, DATABASE_URL, OPS_URL, AUTH_JWT_SECRET), else
from what runs here. dlt asks ops with the token OPS_TOKEN, or one of its own in your system user's name.
start listens on API_PORT 8084, API_PORT_2 8184, OPS_PORT 8085, CONSUMER_PORT 8086, CHANNEL_EMAIL_PORT 8088,
CHANNEL_PUSH_PORT 8089, and for the mailbox on MAILBOX_PORT 8025 (its page), FCM_PORT 8026 and SMTP_PORT 8027.
Exit codes: 0 done, 1 failed, 2 wrong usage.`;

/**
 * @param words what stands after `npm run allim --`
 * @throws WrongUsage with what was expected
 */
export function readCommand(words: string[]): Command {
  const [name, ...rest] = words;
  if (name === undefined || name === 'help' || words.includes('--help') || words.includes('-h'))
    return { name: 'help' };
  switch (name) {
    case 'start': {
      const { values } = read(rest, 0, {
        'no-feed': { type: 'boolean', default: false },
        fresh: { type: 'boolean', default: false },
        apps: { type: 'string', default: apps.join(',') },
      });
      return { name, feed: !values['no-feed'], fresh: values.fresh, apps: appsNamed(values.apps) };
    }
    case 'stack': {
      const { positionals } = read(rest, 1, {});
      const action = [...stackActions, 'keep' as const].find((known) => known === positionals[0]);
      if (!action) throw new WrongUsage(`stack: expected ${stackActions.join(', ')}.`);
      return { name, action };
    }
    case 'token': {
      const { values } = read(rest, 0, {
        user: { type: 'string' },
        scope: { type: 'string' },
        ttl: { type: 'string', default: '3600' },
      });
      if (!values.user) throw new WrongUsage('token: expected --user U, whose token it is.');
      if (!/^[1-9]\d{0,8}$/.test(values.ttl)) throw new WrongUsage('token: --ttl: expected a whole number of seconds.');
      return { name, user: values.user, scope: values.scope, ttlS: Number(values.ttl) };
    }
    case 'publish': {
      const { values, positionals } = read(rest, 2, { key: { type: 'string' }, file: { type: 'string' } });
      const [topic, json] = positionals;
      if (!topic) throw new WrongUsage('publish: expected a topic.');
      if ((json === undefined) === (values.file === undefined)) {
        throw new WrongUsage('publish: expected either JSON after the topic or --file F.');
      }
      if (json !== undefined) checkJson(json);
      return { name, topic, key: values.key, value: json === undefined ? { file: values.file! } : { json } };
    }
    case 'migrate':
      read(rest, 0, {});
      return { name };
    case 'template': {
      const { positionals } = read(rest, 2, {});
      const [action, template] = positionals;
      if (action !== 'preview') throw new WrongUsage('template: expected preview.');
      if (!template) throw new WrongUsage('template preview: expected the name of a template.');
      return { name, template };
    }
    case 'dlt':
      return readDlt(rest);
    case 'completion': {
      const { positionals } = read(rest, 1, {});
      if (positionals[0] !== 'bash') throw new WrongUsage('completion: expected bash.');
      return { name };
    }
    default:
      throw new WrongUsage(`${name}: no such command. Expected one of ${commandNames.join(', ')}.`);
  }
}

function readDlt([word, ...rest]: string[]): Command {
  if (word === 'job') {
    const [jobWord] = rest;
    if (jobWord === undefined || jobWord.startsWith('-')) return readDltAction('job list', rest);
    const action = dltActionNames.find((known) => known === `job ${jobWord}`);
    if (!action) throw new WrongUsage(`dlt job: expected ${jobActions.join(', ')}.`);
    return readDltAction(action, rest.slice(1));
  }
  const action = dltActionNames.find((known) => known === word);
  if (!action || action.includes(' ')) throw new WrongUsage(`dlt: expected ${dltActions.join(', ')}.`);
  return readDltAction(action, rest);
}

function readDltAction(action: DltActionName, rest: string[]): Command {
  const name = 'dlt';
  switch (action) {
    case 'topics':
      return { name, action, json: read(rest, 0, dltOptions.topics).values.json };
    case 'groups': {
      const { values } = read(rest, 0, dltOptions.groups);
      return { name, action, json: values.json, filter: filterOf(values.filter, groupFilterFields) };
    }
    case 'list': {
      const { values } = read(rest, 0, dltOptions.list);
      const filter = filterOf(values.filter, filterFields);
      return { name, action, json: values.json, filter, limit: limitOf(action, values.limit) };
    }
    case 'show': {
      const { values, positionals } = read(rest, 1, dltOptions.show);
      const number = wholeNumber(positionals[0]);
      if (!number) throw new WrongUsage('dlt show: expected the number of a case: see dlt list.');
      return { name, action, json: values.json, number };
    }
    case 'discard': {
      const { values, positionals } = read(rest, Number.POSITIVE_INFINITY, dltOptions.discard);
      const numbers = numbersOf(action, positionals);
      return { name, action, json: values.json, numbers, reason: reasonOf(action, values.reason) };
    }
    case 'replay':
      return readReplay(rest);
    case 'job list': {
      const { values } = read(rest, 0, dltOptions[action]);
      return { name, action, json: values.json, limit: limitOf(action, values.limit) };
    }
    case 'job show':
    case 'job follow': {
      const { values, positionals } = read(rest, 1, dltOptions[action]);
      return { name, action, json: values.json, job: jobOf(action, positionals) };
    }
    case 'job letters': {
      const { values, positionals } = read(rest, 1, dltOptions[action]);
      const job = jobOf(action, positionals);
      const filter = filterOf(values.filter, ['state'], jobLetterStates);
      return { name, action, json: values.json, job, filter, limit: limitOf(action, values.limit) };
    }
    case 'job start': {
      const { values, positionals } = read(rest, 1, dltOptions[action]);
      const job = jobOf(action, positionals);
      const reason = reasonOf(action, values.reason);
      return { name, action, json: values.json, job, reason, rate: rateOf(action, values.rate) };
    }
    case 'job pause':
    case 'job resume':
    case 'job cancel': {
      const { values, positionals } = read(rest, 1, dltOptions[action]);
      const job = jobOf(action, positionals);
      const reason = values.reason === undefined ? undefined : reasonOf(action, values.reason);
      return { name, action, json: values.json, job, reason };
    }
    case 'audit': {
      const { values } = read(rest, 0, dltOptions.audit);
      return { name, action, json: values.json, limit: limitOf(action, values.limit) };
    }
  }
}

function readReplay(rest: string[]): Command {
  const action = 'replay';
  const { values, positionals } = read(rest, Number.POSITIVE_INFINITY, dltOptions.replay);
  const { json, force, yes, detach, edit, 'dry-run': dryRun } = values;
  const isFiltered = values.filter.length > 0;
  if (isFiltered === positionals.length > 0) {
    const hint = '--filter state=open are all that are open';
    throw new WrongUsage(`dlt replay: expected either the numbers of cases or --filter F; ${hint}.`);
  }
  const numbers = isFiltered ? undefined : numbersOf(action, positionals);
  if (edit !== undefined && numbers?.length !== 1)
    throw new WrongUsage('dlt replay: --edit: expected the number of one case, whose payload it is.');
  const filter = filterOf(values.filter, filterFields, replayableStates);
  if (filter.state === 'parked' && !force)
    throw new WrongUsage('dlt replay: parked cases are replayed with --force only.');
  const set = numbers ? { numbers } : { filter };
  const rate = rateOf(action, values.rate);
  const reason = dryRun ? values.reason : reasonOf(action, values.reason);
  return { name: 'dlt', action, json, set, rate, force, edit, dryRun, reason, yes, detach };
}

function numbersOf(action: DltActionName, positionals: string[]): number[] {
  const numbers = positionals.map(wholeNumber).filter((number) => number !== undefined);
  if (numbers.length === 0 || numbers.length < positionals.length)
    throw new WrongUsage(`dlt ${action}: expected the numbers of cases: see dlt list.`);
  const distinct = [...new Set(numbers)];
  if (distinct.length > mostNumbers)
    throw new WrongUsage(`dlt ${action}: expected at most ${mostNumbers} cases at a time.`);
  return distinct;
}

function jobOf(action: DltActionName, [word]: string[]): number {
  const job = wholeNumber(word);
  if (!job) throw new WrongUsage(`dlt ${action}: expected the number of a job: see dlt job list.`);
  return job;
}

function reasonOf(action: DltActionName, text: string | undefined): string {
  const reason = text?.trim();
  if (!reason || reason.length > longestReason)
    throw new WrongUsage(`dlt ${action}: expected --reason R, why, in 1 to ${longestReason} characters.`);
  return reason;
}

function rateOf(action: DltActionName, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const rate = text === '0' ? 0 : wholeNumber(text);
  if (rate === undefined || rate > highestRate)
    throw new WrongUsage(
      `dlt ${action}: --rate: expected letters a second, 1 to ${highestRate}, or 0: as fast as possible.`,
    );
  return rate;
}

function limitOf(action: DltActionName, text: string): number {
  const limit = wholeNumber(text);
  if (!limit || limit > longestList) throw new WrongUsage(`dlt ${action}: --limit: expected 1 to ${longestList}.`);
  return limit;
}

function filterOf(texts: string[], fields: readonly FilterField[], states?: readonly string[]): Filter {
  try {
    return readFilter(texts, fields, states);
  } catch (error) {
    throw new WrongUsage(`${(error as Error).message}.`);
  }
}

/** @returns undefined for anything else, and for 0 */
function wholeNumber(text: string | undefined): number | undefined {
  const number = /^[1-9]\d*$/.test(text ?? '') ? Number(text) : undefined;
  return Number.isSafeInteger(number) ? number : undefined;
}

function read<const Options extends ParseArgsOptionsConfig>(args: string[], most: number, options: Options) {
  try {
    const parsed = parseArgs({ args, options, allowPositionals: true });
    const extra = parsed.positionals[most];
    if (extra !== undefined) throw new Error(`Unexpected argument '${extra}'`);
    return parsed;
  } catch (error) {
    throw new WrongUsage(`${(error as Error).message}.`);
  }
}

function appsNamed(list: string): App[] {
  return list.split(',').map((word) => {
    const app = apps.find((known) => known === word.trim());
    if (!app)
      throw new WrongUsage(`start: --apps: there is no app "${word.trim()}". Expected some of ${apps.join(',')}.`);
    return app;
  });
}

function checkJson(text: string) {
  try {
    JSON.parse(text);
  } catch (error) {
    const hint = 'Put it in single quotes; what is not JSON on purpose can be sent with --file.';
    throw new WrongUsage(`publish: not JSON: ${(error as Error).message}. ${hint}`);
  }
}
