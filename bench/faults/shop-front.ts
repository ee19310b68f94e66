/** How shoppers reach the shop: through the edge, each request once, with a patience of more than its deadline. */

import type { Answer, Client, Request } from '#bench/chaos/client.ts';
import { CART_TOKEN_HEADER } from '#lib/edge-contract.ts';
import { REQUEST_LIMITS } from '#lib/policies.ts';
import { judgeAnswer, type Received } from './answers.ts';
import type { Kind, Ledgers } from './ledger.ts';

/** Between the edge's own deadline and the answer being here. */
const PATIENCE_MS = 1_000;

export interface ShopFront {
  readonly edgeUrl: string;
  readonly ledgers: Ledgers;
}

export interface Asked extends Request {
  readonly kind: Kind;
}

/** One request, noted in the ledger of the moment. */
export async function askNoted({ edgeUrl, ledgers }: ShopFront, request: Asked): Promise<Received> {
  const ledger = ledgers.current;
  const begun = performance.now();
  ledger.pending += 1;
  try {
    const received = await exchange(edgeUrl, request);
    const tookMs = performance.now() - begun;
    ledger.entries.push({ ...judgeAnswer(received), kind: request.kind, tookMs });
    return received;
  } finally {
    ledger.pending -= 1;
  }
}

/** For what is not a shopper's: making the catalogue, probing. */
export function plainClient(edgeUrl: string): Client {
  return {
    ask: async (request): Promise<Answer> => {
      const received = await exchange(edgeUrl, request);
      if (received.kind === 'cut') return { kind: 'lost', reason: 'no connection' };
      if (received.kind === 'hung') return { kind: 'lost', reason: 'no answer in time' };
      return { kind: 'answered', status: received.status, code: codeOf(received.body), body: received.body };
    },
  };
}

function codeOf(body: unknown): string {
  return typeof body === 'object' && body !== null && 'code' in body ? String(body.code) : '';
}

async function exchange(edgeUrl: string, request: Request): Promise<Received> {
  const { method, path, body } = request;
  const limitMs = method === 'GET' ? REQUEST_LIMITS.readMs : REQUEST_LIMITS.writeMs;
  const signal = AbortSignal.timeout(limitMs + PATIENCE_MS);
  try {
    const answer = await fetch(`${edgeUrl}/api/v1${path}`, {
      ...{ method, headers: headersOf(request), signal },
      // workerd closes a connection that was idle for 5 s, and fetch sends no write again that meets that moment: a
      // write that is cut off on a new one was cut off by the shop.
      keepalive: method === 'GET',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const { headers, status } = answer;
    return {
      ...{ kind: 'answered', status, body: parsed(text) },
      contentType: headers.get('content-type') ?? '',
      retryAfter: headers.get('retry-after'),
      cacheStatus: headers.get('cache-status') ?? '',
      degraded: headers.get('degraded'),
    };
  } catch (error) {
    return signal.aborted ? { kind: 'hung' } : { kind: 'cut', reason: String(error) };
  }
}

function headersOf({ body, idempotencyKey, owner }: Request): Record<string, string> {
  const isGuest = owner !== undefined && 'cartToken' in owner;
  return {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    ...(isGuest ? { [CART_TOKEN_HEADER]: owner.cartToken } : {}),
    ...(owner === undefined || isGuest ? {} : { authorization: `Bearer ${owner.accessToken}` }),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
