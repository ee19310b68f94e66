/**
 * The console over HTTP, on the origin's own port and for operators alone. Whoever has no session gets the bare page,
 * which asks for the operator's token, and nothing else.
 */

import { Elysia } from 'elysia';
import type { Logger } from '#lib/log.ts';
import { AppError } from '#lib/problems.ts';
import { cookieOf } from '#origin/http/session-transport.ts';
import { createConsoleAssets, PAGE_HEADERS, page } from './page.ts';
import type { OperatorConsole } from './service.ts';
import { SESSION_SECONDS } from './sessions.ts';

/** Bound to this very host. A browser keeps it over TLS and from the machine itself, as through a tunnel. */
const COOKIE = '__Host-hotshelf-operator';
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Strict';
const NO_STORE = { 'cache-control': 'no-store' };

export function consoleRoutes({ sessions, follow }: OperatorConsole, log: Logger) {
  const assets = createConsoleAssets();
  const sessionOf = ({ headers }: Request) => {
    const secret = cookieOf(headers, COOKIE);
    if (secret === null || !sessions.isOpen(secret)) throw new AppError('unauthenticated');
    return secret;
  };
  return new Elysia({ name: 'console', prefix: '/ops', detail: { hide: true } })
    .get('', async () => new Response(page((await assets()).pathOf), { headers: PAGE_HEADERS }))
    .get('/assets/:name', async ({ params, request }) => (await assets()).answer(params.name, request))
    .get('/session', ({ request }) => {
      requireOwnPage(request);
      sessionOf(request);
      return done();
    })
    .post('/session', ({ request }) => {
      requireOwnPage(request);
      const [, token] = /^Bearer (\S{1,500})$/.exec(request.headers.get('authorization') ?? '') ?? [];
      const secret = token === undefined ? null : sessions.open(token);
      if (secret === null) {
        log.warn('somebody tried to open the console with a wrong token');
        throw new AppError('unauthenticated');
      }
      log.info('an operator has opened the console');
      return done(`${COOKIE}=${secret}; Max-Age=${SESSION_SECONDS}; ${ATTRIBUTES}`);
    })
    .delete('/session', ({ request }) => {
      requireOwnPage(request);
      sessions.close(cookieOf(request.headers, COOKIE));
      return done(`${COOKIE}=; Max-Age=0; ${ATTRIBUTES}`);
    })
    .get('/stream', ({ request }) => {
      requireOwnPage(request);
      return follow(sessionOf(request));
    });
}

function done(cookie?: string): Response {
  const headers = cookie === undefined ? NO_STORE : { ...NO_STORE, 'set-cookie': cookie };
  return new Response(null, { status: 204, headers });
}

/**
 * `SameSite` alone would let in pages of other ports of this host. Browsers say who asks where the connection is
 * secure, and whatever is not a plain read has an `Origin`.
 */
function requireOwnPage({ headers }: Request): void {
  const site = headers.get('sec-fetch-site');
  const origin = headers.get('origin');
  const isOwn = site === null || site === 'same-origin';
  if (!isOwn || (origin !== null && URL.parse(origin)?.host !== headers.get('host'))) {
    throw new AppError('csrf_refused');
  }
}
