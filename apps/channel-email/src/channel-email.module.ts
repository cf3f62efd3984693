import { type createRegistry, type Health, OperationsModule } from '@allim/platform';
import { type DynamicModule, Module } from '@nestjs/common';

@Module({})
export class ChannelEmailModule {
  static register(parts: { health: Health; registry: ReturnType<typeof createRegistry> }): DynamicModule {
    return {
      module: ChannelEmailModule,
      imports: [OperationsModule.register(parts.health, parts.registry)],
    };
  }
}
