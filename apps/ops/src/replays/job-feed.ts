import { type Server as HttpServer } from 'node:http';
import { type Access, judge, Refusal } from '@allim/http';
import { type Logger } from '@allim/platform';
import { type ReplayStore } from '@allim/store';
import { Server } from 'socket.io';
import { showJob } from './job-shown.js';

const path = '/api/v1/ops/socket.io';
const lookMs = 500;
/** Longer than the nodes' clocks may differ. */
const overlapMs = 5_000;

/**
 * Tells consoles how jobs get on, whichever node runs them: it looks at what has changed while anybody listens. What was
 * missed is read by the API.
 */
export class JobFeed {
  private readonly io = new Server({ path, serveClient: false, maxHttpBufferSize: 10_000 });
  private timer?: NodeJS.Timeout;
  private told = new Map<number, number>();

  constructor(
    private readonly options: { access: Access; replays: Pick<ReplayStore, 'changedSince'>; logger: Logger },
  ) {}

  attach(http: HttpServer): void {
    this.io.use((socket, next) => {
      this.admit(socket.handshake.auth).then(
        () => next(),
        (error: Error) => next(error),
      );
    });
    this.io.on('connection', (socket) => socket.on('error', () => {}));
    // A token is needed to come in, and no cookie is one: pages of other origins have nothing to come in with.
    this.io.attach(http);
    this.timer = setInterval(() => void this.look(), lookMs);
  }

  private async admit({ token }: Record<string, unknown>): Promise<void> {
    try {
      if (typeof token !== 'string') throw new Refusal('C001', 'auth.token: expected an access token');
      const { access } = this.options;
      access.allow(await access.admit({ authorization: `Bearer ${token}` }), 'ops:read');
    } catch (error) {
      throw new Error(judge(error, this.options.logger).message);
    }
  }

  private async look(): Promise<void> {
    if (this.io.engine.clientsCount === 0) return;
    try {
      const changed = await this.options.replays.changedSince(new Date(Date.now() - overlapMs));
      for (const job of changed) {
        const at = job.updatedAt.getTime();
        if (this.told.get(job.number) === at) continue;
        this.told.set(job.number, at);
        this.io.emit('job', showJob(job));
      }
      this.told = new Map([...this.told].filter(([number]) => changed.some((job) => job.number === number)));
    } catch (error) {
      this.options.logger.debug({ err: error }, 'changed jobs cannot be read now');
    }
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    this.io.disconnectSockets(true);
    await this.io.close();
  }
}
