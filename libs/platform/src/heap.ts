import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/**
 * Keeps a program's heap small; to be called before anything is allocated. V8 lets garbage grow to several times of what lives:
 * a consumer stood at 530 MB during a drain, 80 of them alive, and an api node's young generation cost as much as its sockets.
 * So they come to 240 MB, and a socket from 29 to 10 KiB. Set here, because on the command line it would have to be repeated
 * wherever a program is started; a limit (--max-old-space-size) would end the process where this only collects.
 *
 * @param growingPercent by how much of what lives the old generation may grow before it is collected; V8's default: up to 4 times
 * @param youngBytes size of the young generation, for a program that calls this before it loads anything else. Default: what
 *   it has grown to meanwhile, which is 16 or 32 MB where all of a program's modules are loaded
 */
export function keepHeapSmall(growingPercent: number, youngBytes = 0): void {
  setFlagsFromString(`--heap-growing-percent=${growingPercent}`);
  growYoungGeneration(youngBytes);
  setFlagsFromString('--semi-space-growth-factor=1'); // default: the young generation doubles up to 3 × 16 MB
  // Default: helper threads take part. Where cores are few and busy, waiting for a helper took longer than it helped.
  setFlagsFromString('--no-parallel-scavenge');
}

/** Its size can be set by nobody at run time; it doubles when what survives its collections would fill it. */
function growYoungGeneration(bytes: number): void {
  let kept: object[][] = [];
  for (let round = 0; youngSize() < bytes && round < 1_000; round++) {
    if (round % 200 === 0) kept = [];
    kept.push(Array.from({ length: 500 }, () => ({ round })));
  }
}

const youngSize = (): number =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0;
