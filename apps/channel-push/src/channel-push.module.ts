import { type createRegistry, type Health, OperationsModule } from '@allim/platform';
import { type DynamicModule, Module } from '@nestjs/common';

@Module({})
export class ChannelPushModule {
  static register(parts: { health: Health; registry: ReturnType<typeof createRegistry> }): DynamicModule {
    return {
      module: ChannelPushModule,
      imports: [OperationsModule.register(parts.health, parts.registry)],
    };
  }
}
