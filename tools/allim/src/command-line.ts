import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

export const apps = ['consumer', 'api', 'channel-email', 'channel-push', 'mailbox'] as const;
export type App = (typeof apps)[number];

export type Command =
  | { name: 'help' }
  | { name: 'start'; feed: boolean; fresh: boolean; apps: App[] }
  | { name: 'stack'; action: StackAction }
  | { name: 'token'; user: string; scope: string | undefined; ttlS: number }
  | { name: 'publish'; topic: string; key: string | undefined; value: { file: string } | { json: string } }
  | { name: 'migrate' }
  | { name: 'template'; template: string };

const stackActions = ['up', 'down', 'reset', 'status'] as const;
/** `keep` is what `up` runs in the background. */
export type StackAction = (typeof stackActions)[number] | 'keep';

/** The command cannot be understood; exit code 2. */
export class WrongUsage extends Error {}

export const usage = `Usage: npm run allim -- <command>

  start [--no-feed] [--fresh] [--apps A,B,…]
                            servers, migrations, apps and a short feed of sample events, until Ctrl-C;
                            --fresh begins with empty data; apps: ${apps.join(', ')}
  stack up|down|reset|status
                            Kafka, database and Redis alone, in the background; reset removes their data
  token --user U [--scope ops] [--ttl S]
                            an access token for the running system (S seconds, 3600 by default)
  publish <topic> [--key K] (--file F | JSON)
                            one record, acknowledged by Kafka; a file is sent byte by byte as it is
  migrate                   brings the database's schema up to date
  template preview <name>   a mail template with sample values, as HTML and text, in each language; written to
                            .stack/previews. Names: notification, user-signup, auth_code, campaign, …

Examples
  npm run allim -- start --fresh --no-feed
  npm run allim -- token --user user-1 --scope ops
  npm run allim -- publish blog.user.followed --key user-1 '{"followId":1,"followeeId":"user-1","followerId":"user-2","followerName":"이서연"}'

Addresses and the token's secret come from the environment (KAFKA_BROKERS, DATABASE_URL, AUTH_JWT_SECRET), else from what
runs here. start listens on API_PORT 8084, API_PORT_2 8184, CONSUMER_PORT 8086, CHANNEL_EMAIL_PORT 8088,
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
    default:
      throw new WrongUsage(`${name}: no such command. Expected start, stack, token, publish, migrate or template.`);
  }
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
