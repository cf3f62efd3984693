import { once } from 'node:events';
import { type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { requestLog, securityHeaders, serveOpenApi } from '@allim/http';
import { type Logger, NestLogger, type StopStep } from '@allim/platform';
import { NestFactory } from '@nestjs/core';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { originAllowed } from './access/origins.js';
import { wireApi } from './api.module.js';
import { type Settings } from './config.js';
import { servePage } from './page.js';

/** For requests under way when the program stops. */
const lastRequestsMs = 3_000;

export interface RunningApi {
  port: number;
  /** In their order. */
  stop: StopStep[];
}

/** Starts one api node and resolves when it takes requests; waits for the database as long as it takes. */
export async function startApi(settings: Settings, logger: Logger): Promise<RunningApi> {
  const { module, health, registry, gateway, closeServers } = await wireApi(settings, logger);
  const app = await NestFactory.create<NestExpressApplication>(module, {
    bodyParser: false,
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  app.disable('x-powered-by');
  app.use(requestLog(logger, registry), securityHeaders());
  app.enableCors((request, done) =>
    done(null as never, {
      origin: originAllowed(request.headers, settings.WEBSOCKET_ALLOWED_ORIGINS),
      methods: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'],
      allowedHeaders: ['Authorization', 'Content-Type', 'Idempotency-Key', 'traceparent'],
      exposedHeaders: ['Retry-After'],
      maxAge: 600,
    }),
  );
  for (const [path, handler] of servePage()) app.use(path, handler);
  serveOpenApi(app, {
    title: 'Allim',
    description: 'The inbox of notifications. Live updates come by Socket.IO on /ws/notifications.',
  });
  const http: Server = app.getHttpServer();
  const closed = once(http, 'close');
  gateway.attach(http);
  await app.listen(settings.PORT);

  return {
    port: (http.address() as AddressInfo).port,
    stop: [
      { name: 'readiness', run: () => health.drain() },
      { name: 'new connections', run: () => void http.close() },
      { name: 'sockets', run: () => gateway.drain() },
      { name: 'last requests', run: () => lastRequests(http, closed) },
      { name: 'servers', run: closeServers },
    ],
  };
}

/** Resolves when every request is answered, or its time is over. */
async function lastRequests(http: Server, closed: Promise<unknown>): Promise<void> {
  const late = setTimeout(() => http.closeAllConnections(), lastRequestsMs);
  http.closeIdleConnections();
  await closed;
  clearTimeout(late);
}
