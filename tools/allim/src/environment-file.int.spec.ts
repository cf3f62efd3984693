import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment, removeEnvironment, writeEnvironment } from './environment-file.js';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'allim-env-'));
  file = join(folder, 'deeper', 'env');
});
afterEach(() => rm(folder, { recursive: true }));

it('is written as dotenv lines, for our eyes only, with nothing left beside it', async () => {
  await writeEnvironment(file, {
    KAFKA_BROKERS: '127.0.0.1:1',
    DATABASE_URL: 'mysql://root@127.0.0.1:2/allim?a=b',
    API_URL_2: undefined,
  });
  expect(await readFile(file, 'utf8')).toBe(
    'KAFKA_BROKERS=127.0.0.1:1\nDATABASE_URL=mysql://root@127.0.0.1:2/allim?a=b\n',
  );
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(join(folder, 'deeper'))).toEqual(['env']);
});

it('is read as it was written', async () => {
  const environment = { DATABASE_URL: 'mysql://root@127.0.0.1:2/allim?a=b', AUTH_JWT_SECRET: 'x=y==' };
  await writeEnvironment(file, environment);
  expect(await readEnvironment(file)).toEqual(environment);
});

it('is empty when it is not there', async () => {
  await writeEnvironment(file, { API_URL: 'http://localhost:1' });
  await removeEnvironment(file);
  expect(await readEnvironment(file)).toEqual({});
});
