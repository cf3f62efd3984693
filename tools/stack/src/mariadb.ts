import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { createConnection } from 'mysql2/promise';
import { command } from './command.js';
import { type Server, server } from './server.js';

/** MariaDB with an empty database `allim`, root without a password on 127.0.0.1. */
export function mariadb(directory: string, temporary: boolean, port: number): Server {
  const data = `${directory}/data`;
  // Of its own: a starting server removes the temporary tables it finds there, also those of its neighbour.
  const temporaryTables = `${directory}/tmp`;
  const user = `--user=${userInfo().username}`;
  return server({
    name: 'MariaDB',
    port,
    directory,
    temporary,
    command: 'mariadbd',
    args: [
      '--no-defaults',
      user,
      `--datadir=${data}`,
      `--tmpdir=${temporaryTables}`,
      '--socket=s.sock', // in the data folder; relative, because a socket's full path may have 107 characters only
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      '--skip-name-resolve',
      '--character-set-server=utf8mb4',
      '--default-time-zone=+00:00',
      '--innodb-buffer-pool-size=256M',
    ],
    async prepare() {
      await mkdir(temporaryTables, { recursive: true });
      if (existsSync(data)) return;
      // Under another name until it is complete: an interrupted installation must not pass for a data folder.
      const unfinished = `${directory}/unfinished`;
      await rm(unfinished, { recursive: true, force: true });
      await command(
        'mariadb-install-db',
        '--no-defaults',
        user,
        `--datadir=${unfinished}`,
        `--tmpdir=${temporaryTables}`,
        '--auth-root-authentication-method=normal',
        '--skip-test-db',
      );
      await rename(unfinished, data);
    },
    async answers() {
      const connection = await createConnection({ host: '127.0.0.1', port, user: 'root', connectTimeout: 2_000 });
      try {
        await connection.query('CREATE DATABASE IF NOT EXISTS allim CHARACTER SET utf8mb4');
      } finally {
        connection.destroy();
      }
    },
  });
}
