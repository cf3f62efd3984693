import { existsSync } from 'node:fs';
import { command, find } from './command.js';
import type { Log } from './log.js';

/** Programs the stack runs, by the Debian package that has them. */
const packageOf = {
  java: 'default-jre-headless',
  mvn: 'maven',
  mariadbd: 'mariadb-server',
  'mariadb-install-db': 'mariadb-server',
  'redis-server': 'redis-server',
} as const;

/** Makes sure that these programs can be run; see {@link ensurePackages}. */
export function ensurePrograms(programs: (keyof typeof packageOf)[], log: Log): Promise<void> {
  return ensurePackages(() => programs.filter((program) => !find(program)).map((program) => packageOf[program]), log);
}

/**
 * Installs what `missing` names, as root on Debian or Ubuntu. Anybody else gets an error with one sentence that names the packages.
 *
 * @param missing package names; asked again while we hold the lock, since another process may just have installed them
 */
export async function ensurePackages(missing: () => string[], log: Log): Promise<void> {
  const wanted = [...new Set(missing())];
  if (wanted.length === 0) return;
  const list = wanted.join(' ');
  if (process.getuid?.() !== 0 || !find('apt-get')) {
    throw new Error(`Please install ${list} (on Debian or Ubuntu: sudo apt-get install ${list}), then try again.`);
  }
  log(`installing ${list} with apt-get`);
  // One installation at a time on this machine: apt's own lock makes the second one fail instead of wait.
  await command('flock', '/var/lock/allim-packages', 'sh', '-ec', install, 'sh', ...wanted);
  const left = [...new Set(missing())];
  if (left.length > 0) throw new Error(`apt-get has installed ${list}, but this is still missing: ${left.join(' ')}.`);
}

// policy-rc.d is Debian's switch against starting a freshly installed server on its standard port: we run our own. An existing one is left as it is.
const policy = '/usr/sbin/policy-rc.d';
const install = `
  export DEBIAN_FRONTEND=noninteractive
  missing=
  for name; do dpkg-query -W -f '\${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || missing="$missing $name"; done
  [ -n "$missing" ] || exit 0
  if [ ! -e ${policy} ]; then
    trap 'rm -f ${policy}' EXIT
    printf '#!/bin/sh\\nexit 101\\n' > ${policy}
    chmod +x ${policy}
  fi
  apt-get update -q
  apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 $missing
`;

const browsers = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const fonts = {
  'fonts-nanum': '/usr/share/fonts/truetype/nanum',
  'fonts-noto-color-emoji': '/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf',
};

/** @returns the path of a Chromium's executable, installed when needed, with the fonts that Korean and emoji need in screenshots */
export async function chromium(log: Log): Promise<string> {
  const browser = () => browsers.map(find).find((path) => path !== undefined);
  const missing = () => [
    ...(browser() ? [] : ['chromium']),
    ...Object.entries(fonts).flatMap(([name, path]) => (existsSync(path) ? [] : [name])),
  ];
  await ensurePackages(missing, log);
  return browser()!;
}
