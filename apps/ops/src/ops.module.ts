import { Access, Allowance, AnswerFilter, authenticator, BodyGuard, ShapePipe } from '@allim/http';
import { type Health, type Logger, OperationsModule } from '@allim/platform';
import { DeadLetterStore } from '@allim/store';
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { type Registry } from 'prom-client';
import { type Settings } from './config.js';
import { DeadLettersController } from './dead-letters/dead-letters.controller.js';

const tidyEveryMs = 60_000;

@Module({})
export class OpsModule {
  static wire(parts: {
    settings: Settings;
    letters: DeadLetterStore;
    health: Health;
    registry: Registry;
    logger: Logger;
  }): {
    module: DynamicModule;
    stop: () => void;
  } {
    const { settings, letters, health, registry, logger } = parts;
    const allowance = new Allowance({ perSecond: settings.REQUESTS_PER_SECOND, burst: settings.REQUEST_BURST });
    const tidying = setInterval(() => allowance.tidy(), tidyEveryMs).unref();
    // Which sessions are revoked is known where clients sign in; an operator's token is valid until it ends.
    const access = new Access(authenticator(settings), { refuse: () => false }, allowance);
    const module: DynamicModule = {
      module: OpsModule,
      imports: [OperationsModule.register(health, registry)],
      controllers: [DeadLettersController],
      providers: [
        { provide: APP_GUARD, useValue: new BodyGuard() },
        { provide: APP_FILTER, useValue: new AnswerFilter(logger) },
        { provide: APP_PIPE, useValue: new ShapePipe() },
        { provide: Access, useValue: access },
        { provide: DeadLetterStore, useValue: letters },
      ],
    };
    return { module, stop: () => clearInterval(tidying) };
  }
}
