import { type ChildProcess, execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { spawnWatched, workspace } from '@allim/stack';

const run = promisify(execFile);
const project = `${workspace}apps/e2e/spring`;
const source = 'src/main/java/service/SpringService.java';
const builds = `${workspace}.stack/spring`;
const logs = `${workspace}.stack/e2e`;

/** The Spring Kafka service of `../spring`, in a JVM of its own. */
export class SpringService {
  /** What it has read of the topic `letters`, in that order. */
  readonly printed: unknown[] = [];

  private constructor(private readonly child: ChildProcess) {
    createInterface({ input: child.stdout! }).on('line', (line) => this.printed.push(JSON.parse(line)));
    mkdirSync(logs, { recursive: true });
    child.stderr!.pipe(createWriteStream(`${logs}/spring.log`));
  }

  /**
   * Resolves when its JVM runs; it reads its topics from their beginning, so that nobody has to wait until it listens.
   * Its log is `.stack/e2e/spring.log`.
   *
   * @param topics by the names that they have in the program; they exist already
   */
  static async start(brokers: string, topics: Record<string, string>): Promise<SpringService> {
    const build = await compiled();
    const options = Object.entries({ brokers, ...topics }).map(([name, value]) => `--${name}=${value}`);
    const jvm = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];
    const classes = ['-cp', `${build}/classes:${build}/jars/*`, 'service.SpringService'];
    return new SpringService(
      spawnWatched('java', [...jvm, '-Dstdout.encoding=UTF-8', ...classes, ...options], { output: 'pipe' }),
    );
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }
}

/** The folder of the program's classes and jars (35 MB), made once for each state of its sources. Needs Maven and Java. */
async function compiled(): Promise<string> {
  const sources = await Promise.all(['pom.xml', source].map((file) => readFile(`${project}/${file}`)));
  const build = `${builds}/${createHash('sha256').update(Buffer.concat(sources)).digest('hex').slice(0, 16)}`;
  if (existsSync(build)) return build;
  mkdirSync(builds, { recursive: true });
  const folder = await mkdtemp(`${builds}/making-`);
  try {
    await run('mvn', ['-q', '-B', '-f', project, 'dependency:copy-dependencies', `-DoutputDirectory=${folder}/jars`]);
    const compiler = ['-cp', `${folder}/jars/*`, 'org.eclipse.jdt.internal.compiler.batch.Main'];
    // By name, for its -cp takes no `*`.
    const jars = (await readdir(`${folder}/jars`)).map((jar) => `${folder}/jars/${jar}`).join(':');
    await run('java', [...compiler, '-17', '-cp', jars, '-d', `${folder}/classes`, `${project}/${source}`]);
    // Complete or not there at all; whoever comes second finds it done.
    await rename(folder, build).catch((error) => {
      if (!existsSync(build)) throw error;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return build;
}
