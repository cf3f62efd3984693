import { Health, OperationsModule } from '@allim/platform';
import { type Database, DeliveryStore, Intake, SubscriptionStore } from '@allim/store';
import { type DynamicModule, Module } from '@nestjs/common';
import { type Registry } from 'prom-client';
import { Dispatcher } from './dispatcher.js';
import { EventsController, failPointPassing } from './events.controller.js';
import { type FailPoint } from './fail-point.js';
import { Hints } from './hints.js';
import { EventMetrics } from './metrics.js';

@Module({})
export class ConsumerModule {
  static register(parts: {
    database: Database;
    deliveries: DeliveryStore;
    hints: Hints;
    dispatcher: Dispatcher;
    health: Health;
    registry: Registry;
    passing: (point: FailPoint) => void;
  }): DynamicModule {
    return {
      module: ConsumerModule,
      imports: [OperationsModule.register(parts.health, parts.registry)],
      controllers: [EventsController],
      providers: [
        { provide: Dispatcher, useValue: parts.dispatcher },
        { provide: DeliveryStore, useValue: parts.deliveries },
        { provide: Intake, useValue: new Intake(parts.database) },
        { provide: SubscriptionStore, useValue: new SubscriptionStore(parts.database) },
        { provide: EventMetrics, useValue: new EventMetrics(parts.registry) },
        { provide: Hints, useValue: parts.hints },
        { provide: failPointPassing, useValue: parts.passing },
      ],
    };
  }
}
