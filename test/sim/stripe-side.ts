/** Stripe as a story sees it: which intents were made for its cart, what Stripe tells of them, what the bank decides. */

import Stripe from 'stripe';
import type { Random } from '#db/seed/random.ts';
import type { Clock } from '#lib/clock.ts';
import { SECOND_MS } from '#lib/clock.ts';
import type { Ledger } from '#ops/stripe-double/ledger.ts';
import type { Deps } from '#origin/deps.ts';
import { type OriginUnderTest, TEST_CONFIG } from '#test/support/origin.ts';
import { eventsOf } from '#test/support/webhooks.ts';
import type { Scene } from './world.ts';

const stripe = new Stripe('sk_test_webhooks');

export interface StripeSide {
  readonly gateway: Deps['payments'];
  /** Ids of all intents that were made, also those whose making was not heard of. */
  readonly intents: ReadonlySet<string>;
  /** A challenge is answered, or a slow payment ends, one way or the other. */
  bankDecides(random: Random): Promise<void>;
}

export function watchStripe(shop: OriginUnderTest, { deps }: Scene): StripeSide {
  const intents = new Set<string>();
  const gateway: Deps['payments'] = {
    ...deps.payments,
    create: async (intent) => {
      const made = await deps.payments.create(intent);
      intents.add(made.id);
      return made;
    },
  };
  return {
    gateway,
    intents,
    bankDecides: async (random) => {
      for (const id of intents) {
        const { paymentIntent } = await shop.double.ledgerOf(id);
        const call = { requires_action: 'authenticate', processing: 'settle' }[
          paymentIntent.status as string
        ];
        if (call === undefined) continue;
        const outcome = random.chance(0.7) ? 'succeed' : 'fail';
        await shop.double.control('POST', `/payment_intents/${id}/${call}`, { outcome });
      }
    },
  };
}

/** All that Stripe would tell of the story so far. */
export async function events(
  shop: OriginUnderTest,
  { intents }: Pick<StripeSide, 'intents'>,
): Promise<Stripe.Event[]> {
  return (await Promise.all([...intents].map((id) => eventsOf(shop, id)))).flat();
}

/** As Stripe sends it at that time. */
export async function sign(event: Stripe.Event, clock: Clock) {
  const secret = TEST_CONFIG.STRIPE_WEBHOOK_SECRET;
  const rawBody = JSON.stringify(event);
  const timestamp = Math.floor(clock.now().getTime() / SECOND_MS);
  const signature = await stripe.webhooks.generateTestHeaderStringAsync({
    payload: rawBody,
    secret,
    timestamp,
  });
  return { rawBody, signature, secret };
}

export async function entriesOf(
  shop: OriginUnderTest,
  { intents }: Pick<StripeSide, 'intents'>,
): Promise<Ledger['entries']> {
  return Promise.all([...intents].map((id) => shop.double.ledgerOf(id)));
}
