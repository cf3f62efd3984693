import 'reflect-metadata';
import { loadSettings, runProgram } from '@allim/platform';
import { startChannelPush } from './channel-push.js';
import { settings } from './config.js';

await runProgram(() => startChannelPush(loadSettings(settings)));
