export { type Clock, systemClock } from './clock.js';
export { armFailPoint, failPointSetting } from './fail-point.js';
export { Health, type HealthAnswer, type HealthChecks } from './health.js';
export { createLogger, type Logger, NestLogger } from './logger.js';
export { createRegistry, OperationsModule } from './operations.module.js';
export { type Program, runProgram, type StopStep } from './program.js';
export { programSettings, redisSettings } from './program-settings.js';
export { address, commaList, loadSettings, SettingsError, wholeNumber } from './settings.js';
