/**
 * Stripe behind our own vocabulary: the only file that knows its SDK. An intent is created unconfirmed and its
 * id recorded before it is confirmed, so that no charge can exist that we do not know of.
 */

import Stripe from 'stripe';
import { SECOND_MS } from '#lib/clock.ts';
import { isUuid, type OrderId } from '#lib/ids.ts';
import type { Logger } from '#lib/log.ts';
import type { Metrics } from '#lib/metrics.ts';
import { type Currency, currency, type Minor, minor } from '#lib/money.ts';
import { AppError } from '#lib/problems.ts';
import { createGuard } from '#lib/resilience.ts';
import type { SharedConfig } from '#origin/config.ts';

/** A PaymentIntent, reduced to what the money path acts on. */
export interface Intent {
  readonly id: string;
  readonly orderId: OrderId | null;
  readonly amount: Minor;
  readonly currency: Currency;
  readonly state: IntentState;
}

export type IntentState =
  | { readonly kind: 'unconfirmed' }
  | { readonly kind: 'requires_action'; readonly clientSecret: string }
  | { readonly kind: 'processing' }
  | { readonly kind: 'declined'; readonly declineCode: string }
  | { readonly kind: 'succeeded'; readonly brand: string | null; readonly lastFour: string | null }
  | { readonly kind: 'cancelled'; readonly declineCode: string | null };

export interface NewIntent {
  readonly orderId: OrderId;
  readonly orderNumber: number;
  readonly amount: Minor;
  readonly currency: Currency;
}

export interface PaymentGateway {
  /** The order's one intent, unconfirmed; calling it again returns the same one. */
  create(intent: NewIntent): Promise<Intent>;
  /** Charges the card. A decline is an outcome, not an error; calling it again charges nothing more. */
  confirm(intentId: string, paymentMethodId: string): Promise<Intent>;
  retrieve(intentId: string): Promise<Intent>;
  /** Makes sure that the intent can never be charged; one that was charged already is returned as it is. */
  cancel(intentId: string): Promise<Intent>;
  /** Verifies the signature over the raw body. Null for an event that is not about an intent. */
  readWebhook(rawBody: string, signature: string, secret: string, now: Date): Promise<IntentEvent | null>;
}

export interface IntentEvent {
  readonly type: string;
  readonly intent: Intent;
}

const TIMEOUT_MS = 10 * SECOND_MS;
const RETRIES = 2;
const BREAK_AFTER = 5;
const HALF_OPEN_AFTER_MS = 30 * SECOND_MS;
/** How far a webhook's timestamp may be from now, either way; the SDK bounds the past only. */
const WEBHOOK_TOLERANCE_SECONDS = 300;

export function createStripeGateway(
  config: SharedConfig,
  { log, metrics }: { readonly log: Logger; readonly metrics: Metrics },
): PaymentGateway {
  const stripe = new Stripe(config.STRIPE_SECRET_KEY, {
    ...endpoint(config.STRIPE_API_URL),
    timeout: TIMEOUT_MS,
    maxNetworkRetries: 0,
    telemetry: false,
  });
  const guard = createGuard({
    timeoutMs: TIMEOUT_MS,
    retries: RETRIES,
    breakAfter: BREAK_AFTER,
    halfOpenAfterMs: HALF_OPEN_AFTER_MS,
    isFailure: (error) => !isRefusal(error),
  });
  guard.onStateChange((state) => {
    log.warn('the circuit to stripe changed', { state });
    metrics.gauge('circuit_open', { dependency: 'stripe' }, state === 'open' ? 1 : 0);
  });
  /** Every write carries an idempotency key, so that trying again is safe. */
  const call = async (work: () => Promise<Stripe.PaymentIntent>): Promise<Stripe.PaymentIntent> => {
    try {
      return await guard.run(work);
    } catch (error) {
      if (isRefusal(error)) throw error;
      log.warn('stripe is not available', { error });
      throw new AppError('payments_unavailable');
    }
  };
  const expand = ['latest_charge'];
  const retrieve = async (id: string) =>
    toIntent(await call(() => stripe.paymentIntents.retrieve(id, { expand })));

  return {
    create: async ({ orderId, orderNumber, amount, currency: code }) => {
      const params: Stripe.PaymentIntentCreateParams = {
        amount,
        currency: code.toLowerCase(),
        automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
        description: `Order ${orderNumber}`,
        metadata: { order_id: orderId },
      };
      const options = { idempotencyKey: `order-${orderId}-create` };
      return toIntent(await call(() => stripe.paymentIntents.create(params, options)));
    },
    confirm: async (intentId, paymentMethodId) => {
      const params = { payment_method: paymentMethodId, expand };
      const options = { idempotencyKey: `confirm-${intentId}` };
      try {
        return toIntent(await call(() => stripe.paymentIntents.confirm(intentId, params, options)));
      } catch (error) {
        if (error instanceof Stripe.errors.StripeCardError) return retrieve(intentId);
        if (isUnexpectedState(error)) return retrieve(intentId);
        throw refusedPaymentMethod(error);
      }
    },
    retrieve,
    cancel: async (intentId) => {
      const options = { idempotencyKey: `cancel-${intentId}` };
      try {
        return toIntent(await call(() => stripe.paymentIntents.cancel(intentId, {}, options)));
      } catch (error) {
        if (isUnexpectedState(error)) return retrieve(intentId);
        throw error;
      }
    },
    readWebhook: async (rawBody, signature, secret, now) => {
      const event = await verifyWebhook(stripe, { rawBody, signature, secret, now });
      const object = event.data.object;
      if (object.object !== 'payment_intent') return null;
      return { type: event.type, intent: toIntent(object) };
    },
  };
}

function endpoint(apiUrl: string | undefined): Stripe.StripeConfig {
  if (apiUrl === undefined) return {};
  const { hostname, port, protocol } = new URL(apiUrl);
  const secure = protocol === 'https:';
  return { host: hostname, port: port || (secure ? 443 : 80), protocol: secure ? 'https' : 'http' };
}

interface SignedWebhook {
  readonly rawBody: string;
  readonly signature: string;
  readonly secret: string;
  readonly now: Date;
}

async function verifyWebhook(stripe: Stripe, webhook: SignedWebhook): Promise<Stripe.Event> {
  const { rawBody, signature, secret, now } = webhook;
  const timestamp = Number(/(?:^|,)t=(\d+)/.exec(signature)?.[1]);
  const distanceSeconds = Math.abs(now.getTime() / SECOND_MS - timestamp);
  if (!(distanceSeconds <= WEBHOOK_TOLERANCE_SECONDS)) throw new AppError('webhook_signature_invalid');
  try {
    return await stripe.webhooks.constructEventAsync(
      rawBody,
      signature,
      secret,
      WEBHOOK_TOLERANCE_SECONDS,
      undefined,
      now.getTime(),
    );
  } catch {
    throw new AppError('webhook_signature_invalid');
  }
}

/** Stripe answered, and what it said was no: asking again would not help, and Stripe is well. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof Stripe.errors.StripeCardError ||
    (error instanceof Stripe.errors.StripeInvalidRequestError && error.statusCode !== 429)
  );
}

function isUnexpectedState(error: unknown): boolean {
  return (
    error instanceof Stripe.errors.StripeInvalidRequestError &&
    error.code === 'payment_intent_unexpected_state'
  );
}

/** A payment method that Stripe does not know is the client's mistake; every other refusal is ours. */
function refusedPaymentMethod(error: unknown): unknown {
  const isRequestError = error instanceof Stripe.errors.StripeInvalidRequestError;
  if (!isRequestError || error.param !== 'payment_method') return error;
  const message = 'is not a payment method that can be used';
  return new AppError('invalid_input', { errors: [{ path: '/paymentMethodId', message }] });
}

function toIntent(intent: Stripe.PaymentIntent): Intent {
  return {
    id: intent.id,
    orderId: orderIdOf(intent.metadata),
    amount: minor(intent.amount),
    currency: currency(intent.currency.toUpperCase()),
    state: toState(intent),
  };
}

/** Somebody else's payments on the same Stripe account may have an `order_id` of another kind. */
function orderIdOf({ order_id: id = '' }: Stripe.Metadata): OrderId | null {
  return isUuid(id) ? (id as OrderId) : null;
}

function toState(intent: Stripe.PaymentIntent): IntentState {
  switch (intent.status) {
    case 'succeeded': {
      const charge = typeof intent.latest_charge === 'object' ? intent.latest_charge : null;
      const card = charge?.payment_method_details?.card ?? null;
      return { kind: 'succeeded', brand: card?.brand ?? null, lastFour: card?.last4 ?? null };
    }
    case 'canceled':
      return { kind: 'cancelled', declineCode: declineCodeOf(intent.last_payment_error) };
    case 'requires_action':
      return { kind: 'requires_action', clientSecret: intent.client_secret ?? '' };
    case 'processing':
    case 'requires_capture':
      return { kind: 'processing' };
    case 'requires_payment_method':
      return toDeclined(intent.last_payment_error);
    case 'requires_confirmation':
      return { kind: 'unconfirmed' };
    default:
      throw new Error(`stripe answered with an intent in the unknown state ${intent.status}`);
  }
}

type LastPaymentError = Stripe.PaymentIntent['last_payment_error'];

function toDeclined(error: LastPaymentError): IntentState {
  const declineCode = declineCodeOf(error);
  return declineCode === null ? { kind: 'unconfirmed' } : { kind: 'declined', declineCode };
}

function declineCodeOf(error: LastPaymentError): string | null {
  return error ? (error.decline_code ?? error.code ?? 'card_declined') : null;
}
