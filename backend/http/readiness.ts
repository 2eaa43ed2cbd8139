import {
  type BeforeApplicationShutdown,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';

/** Whether this process takes new work: not before everything is up, and not once it goes down. */
@Injectable()
export class Readiness implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  private state: 'starting' | 'ready' | 'draining' = 'starting';

  get isReady(): boolean {
    return this.state === 'ready';
  }

  onApplicationBootstrap(): void {
    this.state = 'ready';
  }

  onModuleDestroy(): void {
    this.state = 'draining';
  }

  beforeApplicationShutdown(): void {
    this.state = 'draining';
  }
}
