import { type NextFunction, type Request, type RequestHandler, type Response } from 'express';

/** Headers every answer carries. Ours are the only scripts, styles and connections a page may have. */
export function securityHeaders(): RequestHandler {
  const pagePolicy = policy("'self'", "'self'");
  // Swagger's page styles itself in place.
  const docsPolicy = policy("'self'", "'self' 'unsafe-inline'");
  return (request: Request, response: Response, next: NextFunction) => {
    response.setHeader('Content-Security-Policy', request.path.startsWith('/docs') ? docsPolicy : pagePolicy);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Referrer-Policy', 'same-origin');
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    next();
  };
}

function policy(scripts: string, styles: string): string {
  return [
    "default-src 'none'",
    `script-src ${scripts}`,
    `style-src ${styles}`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
