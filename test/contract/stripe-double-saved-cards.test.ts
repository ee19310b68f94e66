/** Cards that are attached to a customer, as Stripe treats them: https://docs.stripe.com/api/payment_methods/attach */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type Stripe from 'stripe';
import { type DoubleUnderTest, openDouble, pay, refusalOf } from '#test/support/stripe-double-client.ts';

let under: DoubleUnderTest;
let stripe: Stripe;
beforeAll(async () => {
  under = await openDouble();
  ({ stripe } = under);
});
afterAll(() => under.stop());

async function savedCard(name = 'pm_card_visa') {
  const customer = (await stripe.customers.create()).id;
  const card = await stripe.paymentMethods.attach(name, { customer });
  return { customer, card };
}

const methodsOf = async (customer: string) =>
  (await stripe.paymentMethods.list({ customer })).data.map(({ id }) => id);

test('attaching keeps the card for the customer, and once more changes nothing', async () => {
  const { customer, card } = await savedCard();
  expect(card).toMatchObject({ customer, card: { brand: 'visa', last4: '4242' } });
  expect(await stripe.paymentMethods.attach(card.id, { customer })).toEqual(card);
  expect(await methodsOf(customer)).toEqual([card.id]);
});

test('the same card has the same fingerprint under each of its ids, and another card another', async () => {
  const fingerprints = await Promise.all(
    ['pm_card_visa', 'pm_card_visa', 'pm_card_mastercard'].map(async (name) => {
      const { card } = await savedCard(name);
      return card.card?.fingerprint;
    }),
  );
  expect(fingerprints[0]).toBe(fingerprints[1] ?? '');
  expect(fingerprints[2]).not.toBe(fingerprints[0] ?? '');
});

describe('attaching is refused', () => {
  test('to a second customer', async () => {
    const { customer, card } = await savedCard();
    const other = (await stripe.customers.create()).id;
    const refused = await refusalOf(stripe.paymentMethods.attach(card.id, { customer: other }));
    expect([refused.statusCode, refused.type]).toEqual([400, 'StripeInvalidRequestError']);
    expect(await methodsOf(customer)).toEqual([card.id]);
    expect(await methodsOf(other)).toEqual([]);
  });

  test('of a card that its bank declines', async () => {
    const customer = (await stripe.customers.create()).id;
    const refused = await refusalOf(stripe.paymentMethods.attach('pm_card_chargeDeclined', { customer }));
    expect([refused.statusCode, refused.type, refused.code]).toEqual([
      402,
      'StripeCardError',
      'card_declined',
    ]);
    expect(await methodsOf(customer)).toEqual([]);
  });

  test('to a customer who is not there, or no longer', async () => {
    const gone = (await stripe.customers.create()).id;
    await stripe.customers.del(gone);
    for (const customer of ['cus_unknown', gone]) {
      const refused = await refusalOf(stripe.paymentMethods.attach('pm_card_visa', { customer }));
      expect([refused.code, refused.param]).toEqual(['resource_missing', 'customer']);
    }
  });

  test('of a card that was detached, or has paid without being saved', async () => {
    const { customer, card } = await savedCard();
    await stripe.paymentMethods.detach(card.id);
    const { payment_method: used } = await pay(stripe);
    for (const id of [card.id, String(used)]) {
      const refused = await refusalOf(stripe.paymentMethods.attach(id, { customer }));
      expect(refused.statusCode).toBe(400);
    }
    expect(await methodsOf(customer)).toEqual([]);
  });
});

describe('a saved card pays', () => {
  test('for its customer, as often as it likes', async () => {
    const { customer, card } = await savedCard();
    for (let time = 0; time < 2; time += 1) {
      expect((await pay(stripe, { customer, payment_method: card.id })).status).toBe('succeeded');
    }
  });

  test('when its customer is put on the payment before it is confirmed', async () => {
    const { customer, card } = await savedCard();
    const intent = await stripe.paymentIntents.create({
      amount: 2_000,
      currency: 'usd',
      automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
    });
    await stripe.paymentIntents.update(intent.id, { customer });
    const paid = await stripe.paymentIntents.confirm(intent.id, { payment_method: card.id });
    expect([paid.status, paid.customer, paid.payment_method]).toEqual(['succeeded', customer, card.id]);
  });

  test('for nobody else, and not without its customer', async () => {
    const { card } = await savedCard();
    const other = (await stripe.customers.create()).id;
    for (const whose of [{}, { customer: other }]) {
      const refused = await refusalOf(pay(stripe, { ...whose, payment_method: card.id }));
      expect([refused.statusCode, refused.param]).toEqual([400, 'payment_method']);
    }
  });

  test('no more once it is detached', async () => {
    const { customer, card } = await savedCard();
    await stripe.paymentMethods.detach(card.id);
    const refused = await refusalOf(pay(stripe, { customer, payment_method: card.id }));
    expect([refused.statusCode, refused.code, refused.param]).toEqual([400, undefined, undefined]);
    expect((await refusalOf(stripe.paymentMethods.detach(card.id))).statusCode).toBe(400);
  });
});
