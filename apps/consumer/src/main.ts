import '@allim/platform/small-heap'; // before anything is allocated
import 'reflect-metadata';
import { loadSettings, runProgram } from '@allim/platform';
import { settings } from './config.js';
import { startConsumer } from './consumer.js';

await runProgram(() => startConsumer(loadSettings(settings)));
