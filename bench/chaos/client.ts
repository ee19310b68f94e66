/** How everybody in the run calls the shop: at either origin, with a time limit, and again where that is worth it. */

import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { present } from '#lib/assert.ts';
import { CART_TOKEN_HEADER } from '#lib/edge-contract.ts';
import { provenHeaders } from '#origin/http/edge-proof.ts';
import { EDGE_WAITS_MS } from './limits.ts';
import type { ChaosStack } from './stack.ts';

export interface Request {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below `/api/v1`. */
  readonly path: string;
  readonly body?: unknown;
  readonly idempotencyKey?: string;
  readonly owner?: Owner;
  readonly timeoutMs?: number;
}

/** Who a cart belongs to. */
export type Owner = { readonly cartToken: string } | { readonly accessToken: string };

export type Answer =
  | { readonly kind: 'answered'; readonly status: number; readonly code: string; readonly body: unknown }
  /** Whether the shop did what it was asked is not known. */
  | { readonly kind: 'lost'; readonly reason: 'no connection' | 'no answer in time' };

export interface Client {
  /** Once, at one origin: the given one, or each in turn. */
  ask(request: Request, origin?: number): Promise<Answer>;
}

const Problem = Type.Object({ code: Type.String() });

export function createClient({ originUrls, secrets, signal }: ChaosStack): Client {
  let turn = 0;
  return {
    ask: async (request, origin) => {
      turn += 1;
      const url = `${present(originUrls[(origin ?? turn) % originUrls.length], 'an origin')}/api/v1${request.path}`;
      try {
        const response = await fetch(url, {
          ...messageOf(request, url, secrets.edgeSecret),
          signal: AbortSignal.any([signal, AbortSignal.timeout(request.timeoutMs ?? EDGE_WAITS_MS)]),
        });
        const text = await response.text();
        const body: unknown = text === '' ? null : JSON.parse(text);
        const code = Value.Check(Problem, body) ? body.code : '';
        return { kind: 'answered', status: response.status, code, body };
      } catch (error) {
        signal.throwIfAborted();
        const isLate = error instanceof Error && error.name === 'TimeoutError';
        return { kind: 'lost', reason: isLate ? 'no answer in time' : 'no connection' };
      }
    },
  };
}

function messageOf({ method, body, idempotencyKey, owner }: Request, url: string, edgeSecret: string) {
  const headers = {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    ...ownerHeaders(owner),
  };
  const text = body === undefined ? null : JSON.stringify(body);
  const proven = provenHeaders(edgeSecret, new Date(), { method, url, headers, body: text });
  return { method, headers: proven, ...(text === null ? {} : { body: text }) };
}

function ownerHeaders(owner: Owner | undefined): Record<string, string> {
  if (owner === undefined) return {};
  if ('cartToken' in owner) return { [CART_TOKEN_HEADER]: owner.cartToken };
  return { authorization: `Bearer ${owner.accessToken}` };
}

const RETRYABLE_CONFLICTS: ReadonlySet<string> = new Set(['checkout_in_progress', 'idempotency_in_progress']);
const TOO_MANY_REQUESTS = 429;
const FIRST_SERVER_FAILURE = 500;

/** Whether the same request, sent again, may be answered otherwise. */
export function isWorthRepeating(answer: Answer): boolean {
  if (answer.kind === 'lost') return true;
  const { status, code } = answer;
  return status >= FIRST_SERVER_FAILURE || status === TOO_MANY_REQUESTS || RETRYABLE_CONFLICTS.has(code);
}

/** For people: what came instead of an answer. */
export function describeFailure(answer: Answer): string {
  return answer.kind === 'lost' ? answer.reason : `${answer.status} ${answer.code}`.trim();
}

/** @throws {Error} when the shop answered with something else. */
export function read<Schema extends TSchema>(schema: Schema, answer: Answer): Static<Schema> {
  if (answer.kind === 'answered' && Value.Check(schema, answer.body)) return answer.body;
  const found = answer.kind === 'lost' ? answer.reason : JSON.stringify(answer.body).slice(0, 300);
  throw new Error(`the shop's answer has another shape: ${found}`);
}

export const CartAnswer = Type.Object({
  id: Type.String(),
  token: Type.Optional(Type.String()),
  quote: Type.Object({ token: Type.String(), total: Type.Object({ amount: Type.Integer() }) }),
});

/** A refusal that brings what is true now. */
export const RefusedQuote = Type.Pick(CartAnswer, ['quote']);

export const OrderAnswer = Type.Object({
  id: Type.String(),
  number: Type.String(),
  status: Type.String(),
  total: Type.Object({ amount: Type.Integer() }),
  clientSecret: Type.Optional(Type.String()),
});

const ADDRESS = {
  ...{ name: 'Sam Shopper', line1: '1 Main Street', city: 'Springfield' },
  ...{ postalCode: '12345', country: 'US' },
};

export interface CheckoutWishes {
  readonly cart: Static<typeof CartAnswer>;
  readonly email: string;
  readonly paymentMethodId: string;
}

export function checkoutBody({ cart, email, paymentMethodId }: CheckoutWishes) {
  const quote = cart.quote.token;
  return { cartId: cart.id, email, shippingAddress: ADDRESS, paymentMethodId, quote };
}
