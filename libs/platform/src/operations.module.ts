import { Controller, type DynamicModule, Get, Header, Inject, Module, Res } from '@nestjs/common';
import { type Response } from 'express';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { Health } from './health.js';

@Controller('health')
class HealthController {
  constructor(@Inject(Health) private readonly health: Health) {}

  @Get('live')
  live(@Res({ passthrough: true }) response: Response) {
    const answer = this.health.live();
    response.status(answer.status === 'ok' ? 200 : 503);
    return answer;
  }

  @Get('ready')
  async ready(@Res({ passthrough: true }) response: Response) {
    const answer = await this.health.ready();
    response.status(answer.status === 'ok' ? 200 : 503);
    return answer;
  }
}

@Controller('metrics')
class MetricsController {
  constructor(@Inject(Registry) private readonly registry: Registry) {}

  @Get()
  @Header('Content-Type', Registry.PROMETHEUS_CONTENT_TYPE)
  metrics(): Promise<string> {
    return this.registry.metrics();
  }
}

/** A registry with the process's own metrics; an app adds its own to it. */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** `/health/live`, `/health/ready` and `/metrics`, the same in every app. */
@Module({})
export class OperationsModule {
  static register(health: Health, registry: Registry): DynamicModule {
    return {
      module: OperationsModule,
      controllers: [HealthController, MetricsController],
      providers: [
        { provide: Health, useValue: health },
        { provide: Registry, useValue: registry },
      ],
    };
  }
}
