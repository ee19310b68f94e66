/** Every way in which Stripe or the mail catcher may tell of something else than the books, and who must see it. */

import type { Item, Lie } from '#test/support/lies.ts';
import type { Breach } from './breaches-of-books.ts';
import type { Targets } from './broken-shop.ts';

/** Changes the items of one kind that are about something; null hides one. */
export const changed =
  (kind: string, isIt: (item: Item) => boolean, change: (item: Item) => Item | null): Lie =>
  (listed, items) =>
    listed === kind ? items.flatMap((item) => (isIt(item) ? (change(item) ?? []) : [item])) : items;

/** Adds one like another of its kind. */
export const added =
  (kind: string, isLike: (item: Item) => boolean, change: Item): Lie =>
  (listed, items) => {
    const like = items.find(isLike);
    return listed === kind && like !== undefined ? [{ ...like, ...change }, ...items] : items;
  };

const isIntent =
  ({ intent }: Targets) =>
  (item: Item) =>
    item['id'] === intent;
const isChargeOf =
  ({ intent }: Targets) =>
  (item: Item) =>
    item['payment_intent'] === intent;
const isReceiptOf = (orderId: string) => (item: Item) => item['messageId'] === `<order-${orderId}@hotshelf>`;
const any = () => true;
const LONG_AGO = { created: 1_700_000_000 };

export const STRIPE_BREACHES: readonly Breach[] = [
  {
    what: 'a captured payment that Stripe does not know',
    seenBy: ['captured-at-stripe', 'ledger-at-stripe'],
    outside: (targets) => changed('payment_intents', isIntent(targets), () => null),
  },
  {
    what: 'a captured payment that has not succeeded at Stripe',
    seenBy: ['captured-at-stripe', 'ended-cannot-be-charged', 'ledger-at-stripe'],
    outside: (targets) =>
      changed('payment_intents', isIntent(targets), (intent) => ({ ...intent, status: 'requires_action' })),
  },
  {
    what: 'a captured payment of another amount',
    seenBy: ['captured-at-stripe', 'ledger-at-stripe'],
    outside: (targets) =>
      changed('payment_intents', isIntent(targets), (intent) => ({
        ...intent,
        amount_received: intent['amount_received'] + 1,
      })),
  },
  {
    what: 'a captured payment in another currency',
    seenBy: ['captured-at-stripe'],
    outside: (targets) =>
      changed('payment_intents', isIntent(targets), (intent) => ({ ...intent, currency: 'eur' })),
  },
  {
    what: 'money for no order',
    seenBy: ['intent-has-order'],
    outside: (targets) => added('payment_intents', isIntent(targets), { id: 'pi_none', metadata: {} }),
  },
  {
    what: 'money for an order that was declined',
    seenBy: ['intent-has-order'],
    outside: (targets) =>
      added('payment_intents', isIntent(targets), {
        id: 'pi_late',
        metadata: { order_id: targets.declined },
      }),
  },
  {
    what: 'a second intent that succeeded for one order',
    seenBy: ['intent-has-order'],
    outside: (targets) => added('payment_intents', isIntent(targets), { id: 'pi_second' }),
  },
  {
    what: 'a second charge of one order',
    seenBy: ['charged-once'],
    outside: (targets) => added('charges', isChargeOf(targets), { id: 'ch_second' }),
  },
  {
    what: 'a charge without an intent',
    seenBy: ['charged-once'],
    outside: (targets) => added('charges', isChargeOf(targets), { id: 'ch_alone', payment_intent: null }),
  },
  {
    what: 'an ended order that can still be charged',
    seenBy: ['ended-cannot-be-charged'],
    outside: ({ declinedIntent }) =>
      changed(
        'payment_intents',
        ({ id }) => id === declinedIntent,
        (intent) => ({ ...intent, status: 'processing' }),
      ),
  },
  {
    what: 'refunds that failed at Stripe',
    seenBy: ['refunds-at-stripe'],
    outside: () => changed('refunds', any, (refund) => ({ ...refund, status: 'failed' })),
  },
  {
    what: 'refunds of another amount at Stripe',
    seenBy: ['ledger-at-stripe', 'refunds-at-stripe'],
    outside: () => changed('refunds', any, (refund) => ({ ...refund, amount: refund['amount'] - 1 })),
  },
  {
    what: 'a refund that nobody here knows of',
    seenBy: ['refunds-known'],
    outside: (targets) =>
      added('refunds', any, { id: 're_none', amount: 1, payment_intent: targets.intent, ...LONG_AGO }),
  },
  {
    what: 'more given back at Stripe than was captured',
    seenBy: ['refunds-known', 'refunds-within-capture'],
    outside: (targets) =>
      added('refunds', any, { id: 're_none', amount: 9_999, payment_intent: targets.intent, ...LONG_AGO }),
  },
  {
    what: 'a dispute that nobody here knows of',
    seenBy: ['disputes-known'],
    outside: () => added('disputes', any, { id: 'dp_none', ...LONG_AGO }),
  },
  {
    what: 'a dispute of another amount',
    seenBy: ['disputes-known'],
    outside: () => changed('disputes', any, (dispute) => ({ ...dispute, amount: 1 })),
  },
];

export const MAIL_BREACHES: readonly Breach[] = [
  {
    what: 'a paid order without its mail',
    seenBy: ['one-mail'],
    outside: ({ paid }) => changed('mails', isReceiptOf(paid), () => null),
  },
  {
    what: 'a paid order with two mails',
    seenBy: ['one-mail'],
    outside: ({ paid }) => added('mails', isReceiptOf(paid), { id: 'a-second-one' }),
  },
  {
    what: 'a confirmation to somebody else',
    seenBy: ['one-mail'],
    outside: ({ paid }) =>
      changed('mails', isReceiptOf(paid), (mail) => ({ ...mail, to: ['else@test.example'] })),
  },
  {
    what: 'a confirmation of an order that was declined',
    seenBy: ['one-mail'],
    outside: ({ paid, declined }) =>
      added('mails', isReceiptOf(paid), { id: 'a-wrong-one', messageId: `<order-${declined}@hotshelf>` }),
  },
];
