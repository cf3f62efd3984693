import { existsSync } from 'node:fs';
import { isFree, workspace } from '@allim/stack';
import type { App } from './command-line.js';
import { portSetting } from './settings.js';

/** What `npm start` runs as a child process. */
export interface Program {
  app: App;
  /** Before its log lines: `api`, `api-2`. */
  name: string;
  /** Relative to the workspace. */
  folder: string;
  /** Path of its main.js. */
  main: string;
  /** By the setting that chooses another one. The first is where it says that it is ready. */
  ports: ReadonlyMap<string, number>;
}

const all: { app: App; name: string; folder: string; ports: Record<string, number> }[] = [
  {
    app: 'mailbox',
    name: 'mailbox',
    folder: 'tools/mailbox',
    ports: { MAILBOX_PORT: 8025, FCM_PORT: 8026, SMTP_PORT: 8027 },
  },
  { app: 'consumer', name: 'consumer', folder: 'apps/consumer', ports: { CONSUMER_PORT: 8086 } },
  { app: 'api', name: 'api', folder: 'apps/api', ports: { API_PORT: 8084 } },
  // Two of them, so that delivery over several instances is what everybody sees.
  { app: 'api', name: 'api-2', folder: 'apps/api', ports: { API_PORT_2: 8184 } },
  { app: 'channel-email', name: 'email', folder: 'apps/channel-email', ports: { CHANNEL_EMAIL_PORT: 8088 } },
  { app: 'channel-push', name: 'push', folder: 'apps/channel-push', ports: { CHANNEL_PUSH_PORT: 8089 } },
  { app: 'ops', name: 'ops', folder: 'apps/ops', ports: { OPS_PORT: 8085 } },
];

/** @throws when a port setting is wrong, with its name and what was expected */
export function programsOf(apps: readonly App[]): Program[] {
  return all
    .filter(({ app }) => apps.includes(app))
    .map(({ ports, ...program }) => ({
      ...program,
      main: `${workspace}${program.folder}/dist/main.js`,
      ports: new Map(Object.entries(ports).map(([setting, standard]) => [setting, portSetting(setting, standard)])),
    }));
}

/** @throws with what to do when one is not built, or a port is taken or wanted by two */
export async function checkPrograms(programs: readonly Program[]): Promise<void> {
  const wanted = programs.flatMap(({ ports }) => [...ports]);
  for (const { folder, main, ports } of programs) {
    if (!existsSync(main)) throw new Error(`${folder} is not built: run \`npm run build\` first.`);
    for (const [setting, port] of ports) {
      const other = wanted.find(([otherSetting, otherPort]) => otherPort === port && otherSetting !== setting);
      if (other) throw new Error(`Port ${port} is wanted twice: choose another ${setting} or ${other[0]}.`);
      if (await isFree(port)) continue;
      throw new Error(`Port ${port} is taken: stop what uses it, or choose another one with ${setting}=….`);
    }
  }
}

export const healthPort = ({ ports }: Program): number => [...ports.values()][0]!;
