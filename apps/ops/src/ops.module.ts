import { Access, Allowance, AnswerFilter, authenticator, BodyGuard, ShapePipe } from '@allim/http';
import { type Health, type Logger, OperationsModule } from '@allim/platform';
import { type Database, DeadLetterStore, ReplayStore } from '@allim/store';
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { type Registry } from 'prom-client';
import { AuditController, auditDatabase } from './audit/audit.controller.js';
import { type Settings } from './config.js';
import {
  ConsoleSettingsController,
  consoleSettings,
  hasSampleOperators,
  ShownSettings,
} from './console/console-settings.controller.js';
import { OperatorTokens, SampleOperatorsController } from './console/sample-operators.controller.js';
import { DeadLettersController } from './dead-letters/dead-letters.controller.js';
import { OverviewController } from './overview/overview.controller.js';
import { Overview } from './overview/overview.js';
import { ReplayRunner } from './replays/replay-runner.js';
import { ReplaysController } from './replays/replays.controller.js';
import { TimelineController } from './timeline/timeline.controller.js';
import { Timeline } from './timeline/timeline.js';

const tidyEveryMs = 60_000;

@Module({})
export class OpsModule {
  static wire(parts: {
    settings: Settings;
    database: Database;
    letters: DeadLetterStore;
    replays: ReplayStore;
    runner: ReplayRunner;
    overview: Overview;
    timeline: Timeline;
    health: Health;
    registry: Registry;
    logger: Logger;
  }): {
    module: DynamicModule;
    access: Access;
    stop: () => void;
  } {
    const { settings, database, letters, replays, runner, overview, timeline, health, registry, logger } = parts;
    const allowance = new Allowance({ perSecond: settings.REQUESTS_PER_SECOND, burst: settings.REQUEST_BURST });
    const tidying = setInterval(() => allowance.tidy(), tidyEveryMs).unref();
    // Which sessions are revoked is known where clients sign in; an operator's token is valid until it ends.
    const access = new Access(authenticator(settings), { refuse: () => false }, allowance);
    const module: DynamicModule = {
      module: OpsModule,
      imports: [OperationsModule.register(health, registry)],
      controllers: [
        DeadLettersController,
        ReplaysController,
        AuditController,
        OverviewController,
        TimelineController,
        ConsoleSettingsController,
        ...(hasSampleOperators(settings) ? [SampleOperatorsController] : []),
      ],
      providers: [
        { provide: APP_GUARD, useValue: new BodyGuard() },
        { provide: APP_FILTER, useValue: new AnswerFilter(logger) },
        { provide: APP_PIPE, useValue: new ShapePipe() },
        { provide: Access, useValue: access },
        { provide: DeadLetterStore, useValue: letters },
        { provide: ReplayStore, useValue: replays },
        { provide: ReplayRunner, useValue: runner },
        { provide: Overview, useValue: overview },
        { provide: Timeline, useValue: timeline },
        { provide: auditDatabase, useValue: database },
        { provide: ShownSettings, useValue: new ShownSettings(consoleSettings(settings)) },
        { provide: OperatorTokens, useValue: new OperatorTokens(settings) },
      ],
    };
    return { module, access, stop: () => clearInterval(tidying) };
  }
}
