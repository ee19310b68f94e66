/** The Stripe side of the double: key, route, faults, idempotency, parameters, handler, answer. In this order. */

import { timingSafeEqual } from 'node:crypto';
import type { Logger } from '#lib/log.ts';
import { BALANCE_OPERATIONS } from './balance.ts';
import { CHARGE_OPERATIONS } from './charges.ts';
import type { Answer, Context } from './context.ts';
import { CUSTOMER_OPERATIONS } from './customers.ts';
import { DISPUTE_OPERATIONS } from './disputes.ts';
import { invalidParameter, StripeDoubleError, serverError, unauthorized, unknownUrl } from './errors.ts';
import { recordEvent } from './events.ts';
import { expandAnswer } from './expand.ts';
import { type Fault, type Faults, statusOf } from './faults.ts';
import { type FormTree, parseForm } from './form.ts';
import type { IdempotencyKeys, KeyedRequest } from './idempotency.ts';
import type { Operation } from './operation.ts';
import { fieldsAt, parseParams } from './params.ts';
import { PAYMENT_INTENT_OPERATIONS } from './payment-intents.ts';
import { PAYMENT_METHOD_OPERATIONS } from './payment-methods.ts';
import { REFUND_OPERATIONS } from './refunds.ts';
import type { Webhooks } from './webhooks.ts';

export const OPERATIONS: readonly Operation[] = [
  ...PAYMENT_INTENT_OPERATIONS,
  ...REFUND_OPERATIONS,
  ...CHARGE_OPERATIONS,
  ...DISPUTE_OPERATIONS,
  ...BALANCE_OPERATIONS,
  ...PAYMENT_METHOD_OPERATIONS,
  ...CUSTOMER_OPERATIONS,
];

/** The version that the pinned SDK sends: an account's default, for callers that send none. */
export const DEFAULT_API_VERSION = '2026-10-28.endive';

const MAX_BODY_CHARS = 1024 * 1024;
const VERSION = /^\d{4}-\d{2}-\d{2}(\.[a-z]+)?$/;

export interface ApiDependencies extends Omit<Context, 'emit'> {
  readonly faults: Faults;
  readonly keys: IdempotencyKeys;
  readonly webhooks: Webhooks;
  readonly log: Logger;
  /** The only key that is let in; null lets in every `sk_test_...`. */
  readonly secretKey: string | null;
}

function keyOf(request: Request): string | null {
  const header = request.headers.get('authorization') ?? '';
  const [scheme = '', credentials = ''] = header.split(' ');
  if (/^bearer$/i.test(scheme)) return credentials;
  if (/^basic$/i.test(scheme)) return Buffer.from(credentials, 'base64').toString().split(':')[0] ?? '';
  return null;
}

function sameText(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function authenticate(request: Request, secretKey: string | null): void {
  const key = keyOf(request);
  if (key === null || key === '') {
    throw unauthorized(
      "You did not provide an API key. Provide it in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
    );
  }
  const known = secretKey === null ? /^sk_test_\w+$/.test(key) : sameText(key, secretKey);
  if (!known) throw unauthorized(`Invalid API Key provided: ${key.slice(0, 8)}****${key.slice(-4)}`);
}

interface Route {
  readonly operation: Operation;
  readonly id: string;
}

/** The id in a path that fits the pattern, an empty text when the pattern has none, null when it does not fit. */
function matchPath(pattern: string, path: string): string | null {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  if (wanted.length !== given.length) return null;
  const fits = wanted.every((part, at) => (part === ':id' ? given[at] !== '' : part === given[at]));
  return fits ? (given[wanted.indexOf(':id')] ?? '') : null;
}

function findRoute(method: string, path: string): Route {
  for (const operation of OPERATIONS) {
    const id = operation.method === method ? matchPath(operation.path, path) : null;
    if (id !== null) return { operation, id };
  }
  throw unknownUrl(method, path);
}

async function readForm(request: Request, url: URL): Promise<FormTree> {
  if (request.method === 'GET') return parseForm(url.search.slice(1));
  const body = await request.text();
  if (body.length > MAX_BODY_CHARS) throw invalidParameter('The request is too large.');
  return parseForm(body === '' ? url.search.slice(1) : body);
}

interface ApiCall {
  readonly route: Route;
  readonly form: FormTree;
  readonly apiVersion: string;
  readonly requestId: string;
  readonly key: string | null;
  readonly keyed: KeyedRequest | null;
}

function expandPaths(params: unknown): readonly string[] {
  const paths = (params as { expand?: readonly string[] }).expand;
  return paths ?? [];
}

/** Runs the handler with its writes, events and kept answer in one transaction. */
function execute(deps: ApiDependencies, call: ApiCall): Answer {
  const { store, clock, ids, webhooks, keys } = deps;
  const { operation, id } = call.route;
  const params = parseParams(fieldsAt(operation.fields, call.apiVersion), call.form);
  const context: Context = {
    ...deps,
    emit: (type, subject, previous) =>
      recordEvent(store, ids, {
        type,
        subject,
        previous,
        apiVersion: DEFAULT_API_VERSION,
        request: { id: call.requestId, idempotencyKey: call.key },
        nowMs: clock.now().getTime(),
        listened: webhooks.settings.target !== null,
      }),
  };
  return store.transaction(() => {
    const answer = attempt(deps, () => {
      const { status, body } = operation.run(context, { id, params });
      return { status, body: status === 200 ? expandAnswer(store, body, expandPaths(params)) : body };
    });
    if (call.keyed !== null) keys.keep(call.keyed, answer);
    return answer;
  });
}

/** A refusal takes back what the handler wrote, and is an answer that the key keeps. */
function attempt({ store }: ApiDependencies, work: () => Answer): Answer {
  try {
    return store.transaction(work);
  } catch (error) {
    if (error instanceof StripeDoubleError && error.refusal.executed) {
      return { status: error.refusal.status, body: { error: error.refusal.body } };
    }
    throw error;
  }
}

function failByFault(deps: ApiDependencies, call: ApiCall, fault: Extract<Fault, { kind: 'error' }>): never {
  const error = serverError(statusOf(fault), fault.kept === true, fault.code);
  if (fault.kept === true && call.keyed !== null) {
    deps.keys.keep(call.keyed, { status: error.refusal.status, body: { error: error.refusal.body } });
  }
  throw error;
}

/** A body that breaks off before its first byte: the client sees the connection close without an answer. */
async function cutConnection(holdMs: number): Promise<Response> {
  await Bun.sleep(holdMs);
  return new Response(new ReadableStream({ start: (controller) => controller.error() }));
}

function respond(
  answer: Answer,
  call: Pick<ApiCall, 'requestId' | 'apiVersion' | 'key'>,
  extra = {},
): Response {
  return Response.json(answer.body, {
    status: answer.status,
    headers: {
      'cache-control': 'no-cache, no-store',
      'request-id': call.requestId,
      'stripe-version': call.apiVersion,
      ...(call.key === null ? {} : { 'idempotency-key': call.key }),
      ...extra,
    },
  });
}

/** The call itself, once its idempotency key is taken: a fault may come before it, after it, or instead. */
async function runWithFaults(deps: ApiDependencies, call: ApiCall, fault: Fault | null): Promise<Response> {
  if (fault?.kind === 'latency') await Bun.sleep(fault.ms);
  if (fault?.kind === 'timeout_before') return cutConnection(fault.ms ?? 0);
  if (fault?.kind === 'error') return failByFault(deps, call, fault);
  const answer = execute(deps, call);
  deps.webhooks.wake();
  // The answer is kept by now: a retry that comes while this one is held back must find it.
  if (call.key !== null) deps.keys.release(call.key);
  return fault?.kind === 'timeout_after' ? cutConnection(fault.ms ?? 0) : respond(answer, call);
}

async function serveCall(deps: ApiDependencies, call: ApiCall, path: string): Promise<Response> {
  const kept = call.keyed === null ? null : deps.keys.take(call.keyed);
  const fault = deps.faults.take(call.route.operation.method, path);
  if (kept !== null) {
    if (fault?.kind === 'timeout_after' || fault?.kind === 'timeout_before')
      return cutConnection(fault.ms ?? 0);
    const replay = { 'idempotent-replayed': 'true', 'original-request': kept.originalRequestId };
    return respond(kept.answer, call, replay);
  }
  try {
    return await runWithFaults(deps, call, fault);
  } finally {
    if (call.key !== null) deps.keys.release(call.key);
  }
}

function versionOf(request: Request): string {
  const version = request.headers.get('stripe-version');
  if (version === null) return DEFAULT_API_VERSION;
  if (VERSION.test(version)) return version;
  throw invalidParameter(`Invalid Stripe API version: ${version}`);
}

async function readCall(deps: ApiDependencies, request: Request, requestId: string): Promise<ApiCall> {
  authenticate(request, deps.secretKey);
  const url = new URL(request.url);
  const route = findRoute(request.method, url.pathname);
  const apiVersion = versionOf(request);
  const form = await readForm(request, url);
  const key = request.method === 'POST' ? request.headers.get('idempotency-key') : null;
  const { method } = route.operation;
  const keyed = key === null ? null : { key, method, path: url.pathname, form, requestId };
  return { route, form, apiVersion, requestId, key, keyed };
}

/** Answers a request to `/v1/...`. */
export async function handleApi(deps: ApiDependencies, request: Request): Promise<Response> {
  const requestId = deps.ids.next('req');
  try {
    const call = await readCall(deps, request, requestId);
    return await serveCall(deps, call, new URL(request.url).pathname);
  } catch (error) {
    const known = error instanceof StripeDoubleError;
    if (!known) deps.log.error('a call broke', { requestId, error });
    const { status, body } = (known ? error : serverError(500, false)).refusal;
    const apiVersion = request.headers.get('stripe-version') ?? DEFAULT_API_VERSION;
    return respond({ status, body: { error: body } }, { requestId, apiVersion, key: null });
  }
}
