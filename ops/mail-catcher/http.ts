/**
 * The HTTP side of the mail catcher, for tests and people on this machine:
 * `GET /health`, `GET /messages?to=&limit=`, `GET /messages/:id`, `GET /message-index?after=&limit=`,
 * `DELETE /messages`, `POST /faults`, `GET /`.
 */

import { type InputError, problemResponse } from '#lib/problems.ts';
import { type Faults, parseFaultRequest } from './faults.ts';
import { MESSAGE_POLICY, PAGE_POLICY, renderPage } from './page.ts';
import type { CaughtMessage, MessageStore } from './store.ts';

const HOST = '127.0.0.1';
const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1_000;
const MAX_BODY_BYTES = 16 * 1024;
const IDLE_TIMEOUT_SECONDS = 30;
/** Any other name would be a web page that has pointed its own name at this machine. */
const LOOPBACK_NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

export interface HttpOptions {
  readonly port: number;
  readonly store: MessageStore;
  readonly faults: Faults;
  readonly onError: (error: Error) => void;
}

export interface HttpListener {
  readonly port: number;
  stop(): Promise<void>;
}

/** @throws when the port is taken. */
export function listenHttp({ port, store, faults, onError }: HttpOptions): HttpListener {
  const server = Bun.serve({
    hostname: HOST,
    port,
    maxRequestBodySize: MAX_BODY_BYTES,
    idleTimeout: IDLE_TIMEOUT_SECONDS,
    routes: {
      '/health': local(() =>
        Response.json({ status: 'ok', messages: store.count(), repeats: store.repeats() }),
      ),
      '/messages': {
        GET: local((request) => listMessages(request, store)),
        DELETE: local(async () => {
          await store.clear();
          return new Response(null, { status: 204 });
        }),
      },
      '/message-index': { GET: local((request) => indexMessages(request, store)) },
      '/messages/:id': {
        GET: local((request) => oneMessage(request.params.id, store, (message) => Response.json(message))),
      },
      '/messages/:id/html': {
        GET: local((request) =>
          oneMessage(request.params.id, store, (message) => htmlAnswer(message.html ?? '', MESSAGE_POLICY)),
        ),
      },
      '/faults': { POST: local((request) => setFault(request, faults)) },
      '/': { GET: local((request) => page(request, store)) },
    },
    fetch: () => problemResponse('not_found'),
    error: (error) => {
      onError(error);
      return problemResponse('internal');
    },
  });
  return { port: server.port ?? port, stop: () => server.stop(true) };
}

type Handler<R extends Request> = (request: R) => Response | Promise<Response>;

function local<R extends Request>(handle: Handler<R>): Handler<R> {
  return (request) =>
    LOOPBACK_NAMES.has(new URL(request.url).hostname) ? handle(request) : problemResponse('forbidden');
}

function invalid(path: string, message: string): Response {
  const errors: InputError[] = [{ path, message }];
  return problemResponse('invalid_input', { errors });
}

async function listMessages(request: Request, store: MessageStore): Promise<Response> {
  const query = new URL(request.url).searchParams;
  const limit = Number(query.get('limit') ?? DEFAULT_LIMIT);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    return invalid('/limit', `a whole number from 1 to ${MAX_LIMIT}`);
  }
  const to = query.get('to');
  return Response.json(await store.list({ limit, ...(to === null ? {} : { to }) }));
}

/** Oldest first, a page after the message of an id; cheap, for whoever has to see them all. */
function indexMessages(request: Request, store: MessageStore): Response {
  const query = new URL(request.url).searchParams;
  const limit = Number(query.get('limit') ?? MAX_LIMIT);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    return invalid('/limit', `a whole number from 1 to ${MAX_LIMIT}`);
  }
  return Response.json(store.index({ after: query.get('after') ?? '', limit }));
}

async function oneMessage(
  id: string,
  store: MessageStore,
  answer: (message: CaughtMessage) => Response,
): Promise<Response> {
  const message = await store.get(id);
  return message === null ? problemResponse('not_found') : answer(message);
}

async function setFault(request: Request, faults: Faults): Promise<Response> {
  // A page of another site cannot send this type without asking first, and is never allowed to.
  if (!request.headers.get('content-type')?.startsWith('application/json')) {
    return problemResponse('unsupported_media_type');
  }
  const fault = parseFaultRequest(await request.json().catch(() => null));
  if (fault === null) {
    return invalid('', "{ kind: 'reject' | 'tempfail' | 'hang', times: a whole number from 0 to 1000 }");
  }
  faults.set(fault);
  return new Response(null, { status: 204 });
}

async function page(request: Request, store: MessageStore): Promise<Response> {
  const messages = await store.list({ limit: DEFAULT_LIMIT });
  const id = new URL(request.url).searchParams.get('id') ?? messages[0]?.id;
  const shown = id === undefined ? null : await store.get(id);
  return htmlAnswer(renderPage(messages, shown), PAGE_POLICY);
}

function htmlAnswer(html: string, policy: string): Response {
  return new Response(html, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    },
  });
}
