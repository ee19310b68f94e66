/** Stripe's customers and the cards that it keeps for them. */

import Stripe from 'stripe';
import type { UserId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import type { CardKeeper, KeptCard } from './gateway.ts';

/** Runs a call under the policy: everything but a refusal is told as `payments_unavailable`. */
type Caller = <T>(work: () => Promise<T>) => Promise<T>;

export function cardCalls(stripe: Stripe, call: Caller): CardKeeper {
  const retrieve = (id: string) => call(() => stripe.paymentMethods.retrieve(id));
  const detach = async (id: string): Promise<void> => {
    try {
      await call(() => stripe.paymentMethods.detach(id));
    } catch (error) {
      // Detached by an attempt before this one, as the method itself shows; anything else is told.
      if (!isRefused(error) || (await retrieve(id)).customer !== null) throw error;
    }
  };
  // Stripe refuses a key that is in use: who asks meanwhile waits for the same answer.
  const creations = new Map<UserId, Promise<string>>();
  const createCustomer = async (userId: UserId): Promise<string> => {
    const params = { metadata: { user_id: userId } };
    const options = { idempotencyKey: `customer-${userId}` };
    try {
      return (await call(() => stripe.customers.create(params, options))).id;
    } finally {
      creations.delete(userId);
    }
  };
  return {
    createCustomer: (userId) => {
      const creation = creations.get(userId) ?? createCustomer(userId);
      creations.set(userId, creation);
      return creation;
    },
    attach: async (paymentMethodId, customer) => {
      const options = { idempotencyKey: `attach-${crypto.randomUUID()}` };
      const method = await call(() =>
        stripe.paymentMethods.attach(paymentMethodId, { customer }, options),
      ).catch((error: unknown) => {
        throw refusedCard(error);
      });
      const card = toCard(method);
      if (card !== null) return card;
      await detach(method.id);
      throw notACard();
    },
    detach,
    deleteCustomer: async (id) => {
      try {
        await call(() => stripe.customers.del(id));
      } catch (error) {
        if (!isRefused(error) || error.code !== 'resource_missing') throw error;
      }
    },
    fingerprintOf: async (id) => toCard(await retrieve(id))?.fingerprint ?? null,
  };
}

function toCard({ id, card }: Stripe.PaymentMethod): KeptCard | null {
  if (!card) return null;
  return {
    id,
    brand: card.brand,
    lastFour: card.last4,
    expMonth: card.exp_month,
    expYear: card.exp_year,
    fingerprint: card.fingerprint ?? null,
  };
}

function isRefused(error: unknown): error is Stripe.errors.StripeInvalidRequestError {
  return error instanceof Stripe.errors.StripeInvalidRequestError;
}

/** A card that its bank or Stripe does not take is the client's affair; a customer that is not there is ours. */
function refusedCard(error: unknown): unknown {
  if (error instanceof Stripe.errors.StripeCardError) {
    return new AppError('card_declined', { declineCode: error.decline_code ?? error.code ?? null });
  }
  return isRefused(error) && error.param !== 'customer' ? notACard() : error;
}

function notACard(): AppError {
  const message = 'is not a card that can be saved';
  return new AppError('invalid_input', { errors: [{ path: '/paymentMethodId', message }] });
}
