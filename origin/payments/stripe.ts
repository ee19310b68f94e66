/**
 * Stripe behind our own vocabulary: with `stripe-objects.ts`, all that knows its SDK. An intent is created unconfirmed and its
 * id recorded before it is confirmed, so that no charge can exist that we do not know of.
 */

import Stripe from 'stripe';
import { assert, present } from '#lib/assert.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { type GuardSurroundings, guardOf } from '#lib/guards.ts';
import type { Logger } from '#lib/log.ts';
import { POLICIES } from '#lib/policies.ts';
import { AppError } from '#lib/problems.ts';
import type { SharedConfig } from '#origin/config.ts';
import { isCountedAlike } from '#origin/pricing/service.ts';
import type { PaymentGateway, StripeRefund } from './gateway.ts';
import { cardCalls } from './stripe-cards.ts';
import { toDispute, toIntent, toNews, toRefund } from './stripe-objects.ts';

/** How far a webhook's timestamp may be from now, either way; the SDK bounds the past only. */
const WEBHOOK_TOLERANCE_SECONDS = 300;

const EXPAND_CHARGE = ['latest_charge.balance_transaction'];
/** One page: more refunds of one charge than that are not made. */
const MAX_REFUNDS = 100;

/** Runs a call under the policy: everything but a refusal is told as `payments_unavailable`. */
type Caller = <T>(work: () => Promise<T>) => Promise<T>;

export function createStripeGateway(config: SharedConfig, surroundings: GuardSurroundings): PaymentGateway {
  const stripe = new Stripe(config.STRIPE_SECRET_KEY, {
    ...endpoint(config.STRIPE_API_URL),
    timeout: POLICIES.stripe.timeoutMs,
    maxNetworkRetries: 0,
    telemetry: false,
  });
  const call = createCaller(surroundings);
  return {
    ...intentCalls(stripe, call, surroundings.log),
    ...refundCalls(stripe, call),
    ...cardCalls(stripe, call),
    retrieveDispute: async (id) => toDispute(await call(() => stripe.disputes.retrieve(id))),
    readWebhook: async (rawBody, signature, secret, now) =>
      toNews(await verifyWebhook(stripe, { rawBody, signature, secret, now })),
  };
}

function createCaller(surroundings: GuardSurroundings): Caller {
  const guard = guardOf('stripe', surroundings, {
    isFailure: (error) => !isRefusal(error) && !isBusy(error),
    isBusy,
  });
  /** Every write carries an idempotency key or is as good when it is made twice, so that trying again is safe. */
  return async (work) => {
    try {
      return await guard.run(work);
    } catch (error) {
      if (isRefusal(error)) throw error;
      surroundings.log.warn('stripe is not available', { error });
      throw new AppError('payments_unavailable');
    }
  };
}

function intentCalls(
  stripe: Stripe,
  call: Caller,
  log: Logger,
): Pick<PaymentGateway, 'create' | 'confirm' | 'retrieve' | 'cancel'> {
  const expand = EXPAND_CHARGE;
  const retrieve = async (id: string) =>
    toIntent(await call(() => stripe.paymentIntents.retrieve(id, { expand })));
  return {
    create: async ({ orderId, orderNumber, amount, currency: code }) => {
      assert(isCountedAlike(code), `an amount in ${code} is not the same at Stripe`);
      const params: Stripe.PaymentIntentCreateParams = {
        amount,
        currency: code.toLowerCase(),
        automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
        description: `Order ${orderNumber}`,
        metadata: { order_id: orderId },
      };
      const options = { idempotencyKey: `order-${orderId}-create` };
      try {
        return toIntent(await call(() => stripe.paymentIntents.create(params, options)));
      } catch (error) {
        throw refusedAmount(error);
      }
    },
    confirm: async (intentId, paymentMethodId, customer = null) => {
      const params = { payment_method: paymentMethodId, expand };
      const options = { idempotencyKey: `confirm-${intentId}` };
      try {
        if (customer !== null) {
          const key = { idempotencyKey: `customer-${intentId}` };
          await call(() => stripe.paymentIntents.update(intentId, { customer }, key));
        }
        return toIntent(await call(() => stripe.paymentIntents.confirm(intentId, params, options)));
      } catch (error) {
        if (error instanceof Stripe.errors.StripeCardError) return retrieve(intentId);
        if (isUnexpectedState(error)) return retrieve(intentId);
        throw refusedMeans(error, log.with({ paymentIntentId: intentId }));
      }
    },
    retrieve,
    cancel: async (intentId, reason = 'abandoned') => {
      const params = { cancellation_reason: reason };
      try {
        // Without a key: twice is as good as once, and a refusal would be kept under the key when it holds no longer.
        return toIntent(await call(() => stripe.paymentIntents.cancel(intentId, params)));
      } catch (error) {
        if (isUnexpectedState(error)) return retrieve(intentId);
        throw error;
      }
    },
  };
}

function refundCalls(stripe: Stripe, call: Caller): Pick<PaymentGateway, 'refund' | 'refundsOf'> {
  return {
    refund: async ({ refundId, intentId, amount }) => {
      const params = { payment_intent: intentId, amount, metadata: { refund_id: refundId } };
      const options = { idempotencyKey: `refund-${refundId}` };
      try {
        const refund = toRefund(await call(() => stripe.refunds.create(params, options)));
        return present(refund, `the intent of refund ${refundId}`);
      } catch (error) {
        if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
        throw new AppError('refund_refused', { reason: error.code ?? 'refused' });
      }
    },
    refundsOf: async (intentId) => {
      const params = { payment_intent: intentId, limit: MAX_REFUNDS };
      const { data } = await call(() => stripe.refunds.list(params));
      return data.map(toRefund).filter((refund): refund is StripeRefund => refund !== null);
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

const CONFLICT = 409;

/**
 * Another call has the key or the object at this moment: nothing is said of this one, and Stripe is well. Whoever sends
 * a request many times at once can bring it about, and must not open the circuit for everybody.
 */
function isBusy(error: unknown): boolean {
  return (
    error instanceof Stripe.errors.StripeError &&
    (error.statusCode === CONFLICT || error.code === 'lock_timeout')
  );
}

/** Stripe answered, and what it said was no: asking again would not help, and Stripe is well. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof Stripe.errors.StripeCardError || error instanceof Stripe.errors.StripeInvalidRequestError
  );
}

function isUnexpectedState(error: unknown): boolean {
  return (
    error instanceof Stripe.errors.StripeInvalidRequestError &&
    error.code === 'payment_intent_unexpected_state'
  );
}

const AMOUNT_REFUSALS: ReadonlySet<string> = new Set(['amount_too_small', 'amount_too_large']);

/** Stripe's limits are those of the account's own currency: what it converts, it alone can tell. */
function refusedAmount(error: unknown): unknown {
  const isRequestError = error instanceof Stripe.errors.StripeInvalidRequestError;
  return isRequestError && AMOUNT_REFUSALS.has(error.code ?? '')
    ? new AppError('total_not_chargeable')
    : error;
}

/**
 * Whatever Stripe has against it, the order is not paid so: of a method that was used before it names neither a code
 * nor the parameter. Some of it may be our mistake, so the log says where to look it up.
 */
function refusedMeans(error: unknown, log: Logger): unknown {
  if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) return error;
  const { code: stripeCode, param, requestId: stripeRequestId } = error;
  log.warn('stripe refuses what was to pay for an order', { stripeCode, param, stripeRequestId });
  const message = 'is not a payment method that can be used';
  return new AppError('invalid_input', { errors: [{ path: '/paymentMethodId', message }] });
}
