import { type Logger } from '@allim/platform';
import { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { Histogram, type Registry } from 'prom-client';

/** One line and one measurement per request. The route's pattern, not its path: the number of labels stays bounded. */
export function requestLog(logger: Logger, registry: Registry): RequestHandler {
  const seconds = new Histogram({
    name: 'allim_http_request_duration_seconds',
    help: 'From the request to the end of its answer.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  });
  return (request: Request, response: Response, next: NextFunction) => {
    const began = performance.now();
    response.on('close', () => {
      const ms = performance.now() - began;
      const route: string = request.route?.path ?? '(none)';
      const status = response.writableFinished ? response.statusCode : 'aborted';
      seconds.observe({ method: request.method, route, status }, ms / 1000);
      const level = route.startsWith('/health') || route === '/metrics' ? 'debug' : 'info';
      logger[level](
        { method: request.method, route, status, ms: Math.round(ms), traceId: traceIdOf(request.headers.traceparent) },
        'request',
      );
    });
    next();
  };
}

/** The trace id of a W3C traceparent header. */
function traceIdOf(traceparent: string | string[] | undefined): string | undefined {
  return /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(String(traceparent ?? ''))?.[1];
}
