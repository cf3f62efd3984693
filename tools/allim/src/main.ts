import { readFile } from 'node:fs/promises';
import { type Command, readCommand, usage, WrongUsage } from './command-line.js';
import type { Ask } from './dlt-api.js';
import type { Screen } from './dlt-table.js';

// Loaded when needed: a token shall not wait for the database's library.
async function run(command: Command): Promise<string | undefined> {
  switch (command.name) {
    case 'help':
      return usage;
    case 'start': {
      const { start } = await import('./start.js');
      await start(command);
      return undefined;
    }
    case 'stack': {
      const { stackCommand } = await import('./stack-command.js');
      return await stackCommand(command.action);
    }
    case 'token': {
      const { setting } = await import('./settings.js');
      const { token } = await import('./token.js');
      return await token(command, await setting('AUTH_JWT_SECRET'));
    }
    case 'publish': {
      const { topic, key, value } = command;
      const { subscribedTopics } = await import('@allim/catalogue');
      const { checkTopic, publish } = await import('./publish.js');
      const { setting } = await import('./settings.js');
      checkTopic(topic, subscribedTopics);
      const bytes = 'file' in value ? await readFile(value.file) : Buffer.from(value.json);
      const brokers = await setting('KAFKA_BROKERS');
      const { partition, offset } = await publish(brokers, topic, { key, value: bytes });
      return `${topic} partition ${partition} offset ${offset}`;
    }
    case 'migrate': {
      const { migrate } = await import('@allim/store/migrate');
      const { setting } = await import('./settings.js');
      const applied = await migrate(await setting('DATABASE_URL'));
      return applied.length > 0 ? applied.join('\n') : 'The schema is up to date.';
    }
    case 'template': {
      const { templatePreview } = await import('./template-preview.js');
      return (await templatePreview(command.template)).join('\n');
    }
    case 'dlt': {
      const { asking, operator } = await import('./dlt-api.js');
      const { screenOf } = await import('./dlt-table.js');
      const { setting } = await import('./settings.js');
      const whom = operator(process.env.OPS_TOKEN, () => setting('AUTH_JWT_SECRET'));
      const ask = asking(await setting('OPS_URL'), whom);
      const answer = await answerOf(command, ask, { screen: screenOf(process.stdout, process.env), now: new Date() });
      if (answer.note) console.error(`allim: ${answer.note}`);
      if (!answer.isDone) process.exitCode = 1;
      return answer.said;
    }
    case 'completion': {
      const { bashCompletion } = await import('./completion.js');
      return bashCompletion();
    }
  }
}

async function answerOf(command: Extract<Command, { name: 'dlt' }>, ask: Ask, at: { screen: Screen; now: Date }) {
  if (command.action !== 'replay' && command.action !== 'job follow') {
    const { dlt } = await import('./dlt.js');
    return await dlt(command, ask, at);
  }
  const { followJob, replay } = await import('./dlt-replay.js');
  const { terminalOf } = await import('./dlt-terminal.js');
  const place = { ...at, terminal: terminalOf(process) };
  return command.action === 'replay' ? await replay(command, ask, place) : await followJob(command, ask, place);
}

/** All of it, also into a pipe whose reader is slow. A reader that has seen enough, such as head, is no failure. */
async function print(text: string): Promise<void> {
  const written = Promise.withResolvers<void>();
  process.stdout.on('error', () => {}); // what the callback hears, too
  process.stdout.write(`${text}\n`, (error) =>
    !error || (error as NodeJS.ErrnoException).code === 'EPIPE' ? written.resolve() : written.reject(error),
  );
  await written.promise;
}

try {
  const said = await run(readCommand(process.argv.slice(2)));
  if (said) await print(said);
  process.exit();
} catch (error) {
  const wrongUsage = error instanceof WrongUsage;
  console.error(`allim: ${error instanceof Error ? error.message : error}`);
  if (wrongUsage) console.error('Try: npm run allim -- --help');
  process.exit(wrongUsage ? 2 : 1);
}
