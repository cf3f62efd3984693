import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Where programs are looked for: Debian keeps servers in sbin, which isn't on everybody's PATH. */
export const path = [process.env.PATH, '/usr/local/sbin', '/usr/sbin', '/sbin'].filter(Boolean).join(delimiter);

/** Runs a program to its end and answers what it printed. Rejects with the end of what it said about its failure. */
export async function command(program: string, ...args: string[]): Promise<string> {
  try {
    const { stdout } = await execute(program, args, {
      maxBuffer: 64 * 1024 * 1024,
      env: { ...process.env, PATH: path },
    });
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string };
    const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-15).join('\n');
    throw new Error(`${program} ${args[0] ?? ''} failed: ${said || message}`);
  }
}

/** The program's full path, or undefined. */
export function find(program: string): string | undefined {
  return path
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
