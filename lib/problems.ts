/**
 * The closed table of expected failures. One code decides the problem document over HTTP (RFC 9457) and,
 * in a worker, whether a message is tried again. Anything that is not an {@link AppError} is a bug.
 */

import type { SecurityDetails } from './security-events.ts';

/** `retryable`: the same request may succeed later without being changed. */
interface ProblemKind {
  readonly status: number;
  readonly title: string;
  readonly retryable: boolean;
}

export const PROBLEMS = {
  invalid_input: { status: 400, title: 'The request is not valid', retryable: false },
  card_number_refused: {
    status: 400,
    title: 'Card numbers are entered with the payment provider, and nowhere else',
    retryable: false,
  },
  idempotency_key_missing: { status: 400, title: 'An Idempotency-Key header is required', retryable: false },
  quote_invalid: { status: 400, title: 'The quote is not one of ours', retryable: false },
  link_invalid: {
    status: 400,
    title: 'The link was used before, or is no longer good',
    retryable: false,
  },
  webhook_signature_invalid: { status: 400, title: 'The webhook signature is not valid', retryable: false },
  unauthenticated: { status: 401, title: 'A valid access token is required', retryable: false },
  credentials_invalid: {
    status: 401,
    title: 'The email or the password is wrong, or the email is not verified',
    retryable: false,
  },
  password_wrong: { status: 403, title: 'That is not your password', retryable: false },
  second_factor_required: {
    status: 401,
    title: 'A code of the second factor is required',
    retryable: false,
  },
  second_factor_invalid: { status: 401, title: 'The code is wrong, or was used before', retryable: false },
  refresh_token_invalid: { status: 401, title: 'The refresh token is not valid', retryable: false },
  card_declined: { status: 402, title: 'The card was declined', retryable: false },
  forbidden: { status: 403, title: 'This is not allowed', retryable: false },
  login_too_old: {
    status: 403,
    title: 'Log in again first: this takes a log-in of the last ten minutes',
    retryable: false,
  },
  csrf_refused: {
    status: 403,
    title: 'The session cookie serves the pages of the shop only',
    retryable: false,
  },
  edge_required: {
    status: 403,
    title: 'Requests reach this service through the edge only',
    retryable: false,
  },
  not_found: { status: 404, title: 'There is nothing here', retryable: false },
  product_not_found: { status: 404, title: 'No such product', retryable: false },
  variant_not_found: { status: 404, title: 'No such variant', retryable: false },
  cart_not_found: { status: 404, title: 'No such cart', retryable: false },
  cart_item_not_found: { status: 404, title: 'No such cart item', retryable: false },
  payment_method_not_found: { status: 404, title: 'No such payment method', retryable: false },
  api_key_not_found: { status: 404, title: 'No such API key', retryable: false },
  user_not_found: { status: 404, title: 'No such user', retryable: false },
  session_not_found: { status: 404, title: 'No such session', retryable: false },
  order_not_found: { status: 404, title: 'No such order', retryable: false },
  method_not_allowed: { status: 405, title: 'The method is not allowed here', retryable: false },
  body_too_slow: { status: 408, title: 'The body did not arrive in time', retryable: true },
  second_factor_on: { status: 409, title: 'The second factor is on already', retryable: false },
  second_factor_off: { status: 409, title: 'There is no second factor', retryable: false },
  api_keys_full: { status: 409, title: 'No more API keys can be made', retryable: false },
  erasure_in_office: {
    status: 409,
    title: 'The account of a seller or an admin is erased once it is a shopper’s',
    retryable: false,
  },
  erasure_too_early: { status: 409, title: 'An order waits for its payment', retryable: true },
  last_admin: { status: 409, title: 'The shop needs an admin', retryable: false },
  slug_taken: { status: 409, title: 'There is a product with this slug already', retryable: false },
  sku_taken: { status: 409, title: 'There is a variant with this SKU already', retryable: false },
  cart_empty: { status: 409, title: 'The cart is empty', retryable: false },
  cart_full: { status: 409, title: 'The cart holds as many lines as it can', retryable: false },
  payment_methods_full: { status: 409, title: 'No more payment methods can be saved', retryable: false },
  cart_completed: { status: 409, title: 'The cart has become an order', retryable: false },
  variant_unavailable: { status: 409, title: 'A variant is unknown or withdrawn', retryable: false },
  out_of_stock: { status: 409, title: 'There is not enough stock', retryable: false },
  stock_reserved: { status: 409, title: 'Orders have reserved more than would be left', retryable: false },
  total_not_chargeable: {
    status: 409,
    title: 'The total is below or above what can be charged',
    retryable: false,
  },
  order_cancelled: { status: 409, title: 'The order was cancelled before it was paid', retryable: false },
  quote_expired: { status: 409, title: 'The quote is no longer good', retryable: false },
  quote_mismatch: {
    status: 409,
    title: 'The quote is for another cart, or for the cart as it was',
    retryable: false,
  },
  quote_required: {
    status: 409,
    title: 'What is charged is more than the items, and was not shown yet: send the quote',
    retryable: false,
  },
  price_rule_not_found: { status: 404, title: 'No such rule of pricing', retryable: false },
  customer_group_not_found: { status: 404, title: 'No such customer group', retryable: false },
  shipping_zone_not_found: { status: 404, title: 'No such shipping zone', retryable: false },
  currency_taken: { status: 409, title: 'The currency is among those of the shop already', retryable: false },
  shop_currency_stays: {
    status: 409,
    title: 'The shop’s own currency is always sold in',
    retryable: false,
  },
  group_name_taken: { status: 409, title: 'There is a group with this name already', retryable: false },
  price_window_overlaps: {
    status: 409,
    title: 'Another price of this kind is in force in the same time',
    retryable: false,
  },
  tax_rate_window_overlaps: {
    status: 409,
    title: 'Another rate of this category and place is in force in the same time',
    retryable: false,
  },
  shipping_area_taken: {
    status: 409,
    title: 'An area is in another zone, or twice in this',
    retryable: false,
  },
  code_taken: { status: 409, title: 'There is a discount with this code already', retryable: false },
  code_unknown: { status: 404, title: 'There is no such code', retryable: false },
  code_not_in_force: { status: 409, title: 'The code is not good yet, or no longer', retryable: false },
  code_used_up: { status: 409, title: 'The code was used as often as it can be', retryable: false },
  code_not_for_you: { status: 409, title: 'The code is for other customers', retryable: false },
  code_not_applicable: {
    status: 409,
    title: 'The code is for nothing that is in the cart',
    retryable: false,
  },
  code_minimum_missed: { status: 409, title: 'The code takes more in the cart', retryable: false },
  codes_full: { status: 409, title: 'The cart holds as many codes as it can', retryable: false },
  currency_not_sold: { status: 409, title: 'Nothing is sold in this currency', retryable: false },
  cart_not_empty: {
    status: 409,
    title: 'The currency of a cart with something in it stays',
    retryable: false,
  },
  destination_required: { status: 409, title: 'Say first where it is sent to', retryable: false },
  shipping_zone_missing: { status: 409, title: 'Nothing is shipped to this address', retryable: false },
  shipping_method_required: { status: 409, title: 'A way of shipping has to be chosen', retryable: false },
  shipping_method_not_found: { status: 404, title: 'No such way of shipping', retryable: false },
  weight_missing: {
    status: 409,
    title: 'Something in the cart has no weight, which this way of shipping is priced by',
    retryable: false,
  },
  price_changed: { status: 409, title: 'A price has changed', retryable: false },
  checkout_in_progress: { status: 409, title: 'The cart is being paid for already', retryable: true },
  idempotency_in_progress: { status: 409, title: 'The first request is still running', retryable: true },
  order_not_cancellable: { status: 409, title: 'The order can no longer be cancelled', retryable: false },
  payment_in_progress: { status: 409, title: 'The bank is at work on the payment', retryable: true },
  nothing_to_refund: { status: 409, title: 'Nothing of the order is left to refund', retryable: false },
  refund_too_large: { status: 409, title: 'The amount is more than can be refunded', retryable: false },
  refund_refused: { status: 409, title: 'The payment provider refuses the refund', retryable: false },
  payment_stranded: {
    status: 409,
    title: 'Money was taken for an order that had ended',
    retryable: false,
  },
  version_conflict: { status: 412, title: 'It has been changed since it was read', retryable: false },
  body_too_large: { status: 413, title: 'The body is larger than 1 MiB', retryable: false },
  unsupported_media_type: { status: 415, title: 'The content type must be JSON', retryable: false },
  content_encoding_unsupported: {
    status: 415,
    title: 'Bodies must not be compressed',
    retryable: false,
  },
  idempotency_mismatch: {
    status: 422,
    title: 'The Idempotency-Key was used with another request',
    retryable: false,
  },
  picture_unreadable: {
    status: 422,
    title: 'The picture is broken or too large to be resized',
    retryable: false,
  },
  precondition_required: { status: 428, title: 'An If-Match header is required', retryable: false },
  headers_too_large: { status: 431, title: 'The headers are too many or too large', retryable: false },
  second_factor_throttled: {
    status: 429,
    title: 'Too many wrong codes; the next is looked at later',
    retryable: true,
  },
  rate_limited: { status: 429, title: 'Too many requests', retryable: true },
  internal: { status: 500, title: 'Something went wrong on our side', retryable: true },
  payments_unavailable: { status: 503, title: 'Payments are not available at the moment', retryable: true },
  unavailable: { status: 503, title: 'The service is not available at the moment', retryable: true },
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof PROBLEMS;

/** One invalid place in the input; `path` is a JSON pointer (RFC 6901), or `headers/name` for a header. */
export interface InputError {
  readonly path: string;
  readonly message: string;
}

/** What a failure may tell its caller, beside its code. */
export interface ProblemExtras {
  readonly detail?: string;
  readonly errors?: readonly InputError[];
  readonly retryAfterSeconds?: number;
  readonly [member: string]: unknown;
}

/**
 * An expected failure. Its extras are shown to the caller: never put anything internal in them. What is `inside` goes
 * into the security log alone: the caller is not to know whether it was the email or the password.
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ProblemCode;
  readonly extras: ProblemExtras;
  readonly inside: SecurityDetails;

  constructor(code: ProblemCode, extras: ProblemExtras = {}, inside: SecurityDetails = {}) {
    super(extras.detail ?? PROBLEMS[code].title);
    this.code = code;
    this.extras = extras;
    this.inside = inside;
  }
}

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

const DEFAULT_RETRY_AFTER_SECONDS = 1;

/** The RFC 9457 document of a failure. */
export function problemText(code: ProblemCode, members: Readonly<Record<string, unknown>> = {}): string {
  const { status, title } = PROBLEMS[code];
  return JSON.stringify({ type: 'about:blank', title, status, code, ...members });
}

/** The HTTP answer of a failure: an RFC 9457 document, with `Retry-After` where trying again is worth it. */
export function problemResponse(
  code: ProblemCode,
  extras: ProblemExtras = {},
  headers: Readonly<Record<string, string>> = {},
): Response {
  const { status, retryable } = PROBLEMS[code];
  const { retryAfterSeconds, ...members } = extras;
  const retryAfter =
    retryAfterSeconds ?? (retryable && status !== 500 ? DEFAULT_RETRY_AFTER_SECONDS : undefined);
  return new Response(problemText(code, members), {
    status,
    headers: {
      'content-type': PROBLEM_CONTENT_TYPE,
      'cache-control': 'no-store',
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
      ...headers,
    },
  });
}
