import { type createRegistry, type Health, OperationsModule } from '@allim/platform';
import { type DynamicModule, Module } from '@nestjs/common';

/** What a channel app answers over HTTP: its health and its metrics. */
@Module({})
export class ChannelModule {
  static register(parts: { health: Health; registry: ReturnType<typeof createRegistry> }): DynamicModule {
    return {
      module: ChannelModule,
      imports: [OperationsModule.register(parts.health, parts.registry)],
    };
  }
}
