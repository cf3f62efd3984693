import { setFlagsFromString } from 'node:v8';

// Imported by a program before anything else, and only for this effect. V8 lets garbage grow to several times of what
// lives: a consumer stood at 530 MB during a drain, 80 of them alive, and an api node's young generation cost as much as
// its sockets. The first two bring it to 220 MB, and a socket from 29 to 16 KiB, for some 10 % more processor time. Set here,
// because on the command line they would have to be repeated wherever a program is started; a limit
// (--max-old-space-size) would end the process where these only collect.
setFlagsFromString('--heap-growing-percent=50'); // default: up to 4 times of what was alive
setFlagsFromString('--semi-space-growth-factor=1'); // default: the young generation doubles up to 3 × 16 MB
// Default: helper threads take part. Programs share few cores, and waiting for a helper's turn took longer than its help spared:
// 4 % more events in a drain, 6 MB less.
setFlagsFromString('--no-parallel-scavenge');
