import '@allim/platform/small-heap'; // before anything is allocated
import 'reflect-metadata';
import { loadSettings, runProgram } from '@allim/platform';
import { settings } from './config.js';
import { startOps } from './ops.js';

await runProgram(() => startOps(loadSettings(settings)));
