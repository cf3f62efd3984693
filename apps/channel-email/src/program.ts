import 'reflect-metadata';
import { loadSettings, runProgram } from '@allim/platform';
import { startChannelEmail } from './channel-email.js';
import { settings } from './config.js';

await runProgram(() => startChannelEmail(loadSettings(settings)));
