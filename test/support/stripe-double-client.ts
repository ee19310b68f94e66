/** A Stripe double of a test's own, with the real SDK pointed at it and its control calls at hand. */

import Stripe from 'stripe';
import type { Ledger } from '#ops/stripe-double/ledger.ts';
import { type StripeDouble, type StripeDoubleOptions, startStripeDouble } from '#ops/stripe-double/server.ts';

const TEST_KEY = 'sk_test_double';
const CLIENT_TIMEOUT_MS = 5_000;

export interface DoubleUnderTest {
  readonly double: StripeDouble;
  readonly stripe: Stripe;
  /** A call below `/_double`, with a JSON body if there is one; answers the body. */
  control<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<T>;
  ledgerOf(paymentIntent: string): Promise<Ledger['entries'][number]>;
  stop(): Promise<void>;
}

export function stripeClient(double: StripeDouble, config: Stripe.StripeConfig = {}): Stripe {
  return new Stripe(TEST_KEY, {
    host: double.hostname,
    port: double.port,
    protocol: 'http',
    timeout: CLIENT_TIMEOUT_MS,
    maxNetworkRetries: 0,
    telemetry: false,
    ...config,
  });
}

export async function openDouble(options: Partial<StripeDoubleOptions> = {}): Promise<DoubleUnderTest> {
  const double = await startStripeDouble({ port: 0, statePath: ':memory:', ...options });
  const control = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const response = await fetch(`${double.url}/_double${path}`, {
      method,
      signal: AbortSignal.timeout(CLIENT_TIMEOUT_MS),
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: HTTP ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };
  return {
    double,
    stripe: stripeClient(double),
    control,
    ledgerOf: async (paymentIntent) => {
      const { entries } = await control<Ledger>('GET', `/ledger?payment_intent=${paymentIntent}`);
      const [entry] = entries;
      if (entry === undefined) throw new Error(`the ledger has no ${paymentIntent}`);
      return entry;
    },
    stop: () => double.stop(),
  };
}

/** A call by hand, for what the SDK would never send. */
export function rawCall(
  double: StripeDouble,
  request: { method: string; path: string; form?: string; headers?: Record<string, string> },
): Promise<Response> {
  return fetch(`${double.url}${request.path}`, {
    method: request.method,
    signal: AbortSignal.timeout(CLIENT_TIMEOUT_MS),
    headers: {
      authorization: `Bearer ${TEST_KEY}`,
      'content-type': 'application/x-www-form-urlencoded',
      ...request.headers,
    },
    ...(request.form === undefined ? {} : { body: request.form }),
  });
}

/** The error that a call is refused with; a call that succeeds fails the test. */
export async function refusalOf(call: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Stripe.errors.StripeError) return error;
    throw error;
  }
  throw new Error('the call was not refused');
}

/** A paid order of twenty dollars, unless told otherwise. */
export function pay(
  stripe: Stripe,
  params: Partial<Stripe.PaymentIntentCreateParams> = {},
  options: Stripe.RequestOptions = {},
): Promise<Stripe.PaymentIntent> {
  return stripe.paymentIntents.create(
    {
      amount: 2_000,
      currency: 'usd',
      allowed_payment_method_types: ['card'],
      payment_method: 'pm_card_visa',
      confirm: true,
      ...params,
    },
    options,
  );
}
