/** Failures in Stripe's shape: what a refused call answers, and whether an idempotency key remembers it. */

/** The members of Stripe's `error` object, https://docs.stripe.com/api/errors */
export interface ErrorBody {
  readonly type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error';
  readonly message: string;
  readonly code?: string;
  readonly param?: string;
  readonly decline_code?: string;
  readonly [member: string]: unknown;
}

interface Refusal {
  readonly status: number;
  readonly body: ErrorBody;
  /** True when the call had begun to execute: only then is the answer kept under the idempotency key. */
  readonly executed: boolean;
}

export class StripeDoubleError extends Error {
  override readonly name = 'StripeDoubleError';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.body.message);
    this.refusal = refusal;
  }
}

type Details = Omit<ErrorBody, 'type' | 'message'>;

export function docUrl(code: string): string {
  return `https://docs.stripe.com/error-codes/${code.replaceAll('_', '-')}`;
}

function body(type: ErrorBody['type'], message: string, details: Details): ErrorBody {
  const link = typeof details['code'] === 'string' ? { doc_url: docUrl(details['code']) } : {};
  return { type, message, ...link, ...details };
}

/** A parameter that is refused before anything was done. */
export function invalidParameter(message: string, details: Details = {}): StripeDoubleError {
  return new StripeDoubleError({
    status: 400,
    body: body('invalid_request_error', message, details),
    executed: false,
  });
}

/** A well-formed call that the present state does not allow. */
export function refused(message: string, details: Details = {}): StripeDoubleError {
  return new StripeDoubleError({
    status: 400,
    body: body('invalid_request_error', message, details),
    executed: true,
  });
}

/** The resource that the path names does not exist. */
export function missingResource(noun: string, id: string, param: string): StripeDoubleError {
  return new StripeDoubleError({
    status: 404,
    body: body('invalid_request_error', `No such ${noun}: '${id}'`, { code: 'resource_missing', param }),
    executed: true,
  });
}

/** A resource that a parameter names does not exist: Stripe answers 400 there, not 404. */
export function missingReference(noun: string, id: string, param: string): StripeDoubleError {
  return refused(`No such ${noun}: '${id}'`, { code: 'resource_missing', param });
}

export function cardError(message: string, details: Details): StripeDoubleError {
  return new StripeDoubleError({ status: 402, body: body('card_error', message, details), executed: true });
}

export function unauthorized(message: string): StripeDoubleError {
  return new StripeDoubleError({
    status: 401,
    body: body('invalid_request_error', message, {}),
    executed: false,
  });
}

export function unknownUrl(method: string, path: string): StripeDoubleError {
  const message = `Unrecognized request URL (${method}: ${path}). Please see https://docs.stripe.com/api for the calls that exist.`;
  return new StripeDoubleError({
    status: 404,
    body: body('invalid_request_error', message, {}),
    executed: false,
  });
}

/** The key belongs to another request. */
export function keyReused(message: string): StripeDoubleError {
  return new StripeDoubleError({
    status: 400,
    body: body('idempotency_error', message, {}),
    executed: false,
  });
}

/** The first request with this key is still running. */
export function keyInUse(key: string): StripeDoubleError {
  const message = `There is currently another in-progress request using this Idempotent Key: ${key}`;
  return new StripeDoubleError({
    status: 409,
    body: body('invalid_request_error', message, { code: 'idempotency_key_in_use' }),
    executed: false,
  });
}

/** A failure on the double's own side, or one that a fault asked for; one with a code is of the request's kind. */
export function serverError(status: number, executed: boolean, code?: string): StripeDoubleError {
  if (status === 429) {
    const message =
      'Request rate limit exceeded. Learn more about rate limits: https://docs.stripe.com/rate-limits';
    return new StripeDoubleError({
      status,
      body: body('invalid_request_error', message, { code: code ?? 'rate_limit' }),
      executed: false,
    });
  }
  if (code !== undefined) {
    const message = `The call was refused: ${code}.`;
    return new StripeDoubleError({
      status,
      body: body('invalid_request_error', message, { code }),
      executed,
    });
  }
  const message = 'An unknown error occurred';
  return new StripeDoubleError({ status, body: body('api_error', message, {}), executed });
}
