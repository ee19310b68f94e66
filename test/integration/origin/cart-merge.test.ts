/** A guest's cart at log-in: all of it is the customer's afterwards, once, whatever happens at the same time. */

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { MINUTE_MS } from '#lib/clock.ts';
import { checkBooks } from '#test/support/books.ts';
import { addTo, createOptions, mergeInto, onCart, quantitiesIn } from '#test/support/carting.ts';
import { everything } from '#test/support/everything.ts';
import { type OriginUnderTest, openOrigin, TEST_PASSWORD } from '#test/support/origin.ts';
import {
  changeCart,
  enterCode,
  type Merchant,
  makeCode,
  NEW_YORK,
  openMerchant,
} from '#test/support/pricing.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { cartOf, checkOut, type TestCart } from '#test/support/shopping.ts';

setDefaultTimeout(MINUTE_MS);

type Customer = Awaited<ReturnType<OriginUnderTest['signIn']>>;

let shop: OriginUnderTest;
let merchant: Merchant;
/** Of several products. */
let variants: readonly string[];
let customer: Customer;
beforeAll(async () => {
  shop = await openOrigin();
  merchant = await openMerchant(shop);
  await merchant.make('currencies', { code: 'EUR', taxInclusive: true });
  variants = await createOptions(shop, [500, 1_000, 1_500, 2_000]);
  customer = await shop.signIn();
});
afterAll(async () => {
  await checkBooks(shop);
  await shop.close();
});

const variant = (index: number) => variants[index] ?? '';
const lines = (...quantities: readonly number[]) =>
  quantities.flatMap((quantity, index) => (quantity === 0 ? [] : [{ variantId: variant(index), quantity }]));
const guestCart = (...quantities: readonly number[]) => cartOf(shop, lines(...quantities));
const login = (email: string, cartToken: string) =>
  shop.call('/api/v1/auth/login', { method: 'POST', body: { email, password: TEST_PASSWORD }, cartToken });

/** The customer, with no cart that could take anything in. */
async function withoutCarts(): Promise<string> {
  await shop.deps.db.execute(
    sql`update carts set completed_at = updated_at where user_id = ${customer.userId} and completed_at is null`,
  );
  return customer.token;
}

async function customersCart(...quantities: readonly number[]): Promise<TestCart> {
  return cartOf(shop, lines(...quantities), await withoutCarts());
}

describe('a guest’s cart goes into the customer’s', () => {
  test('with its lines, what is put aside, its codes and destination; and again changes nothing', async () => {
    const own = await customersCart(1, 2);
    const guest = await guestCart(0, 3, 4, 1);
    const { code } = await makeCode(merchant);
    await enterCode(shop, guest, code);
    await changeCart(shop, guest, { destination: NEW_YORK });
    const { items } = (await onCart(shop, guest)).body;
    await onCart(shop, guest, { path: `/items/${items.at(-1).id}/save`, method: 'POST' });
    const merged = await mergeInto(shop, guest, customer.token);
    expect(merged.status).toBe(200);
    expect(merged.body.id).toBe(own.cartId);
    expect(quantitiesIn(merged.body.items)).toEqual(quantitiesIn(lines(1, 5, 4)));
    expect(quantitiesIn(merged.body.saved)).toEqual({ [variant(3)]: 1 });
    expect(merged.body.destination).toMatchObject(NEW_YORK);
    expect(merged.body.quote.codes).toMatchObject([{ code, status: 'applied' }]);
    const again = await Promise.all([1, 2, 3].map(() => mergeInto(shop, guest, customer.token)));
    for (const { body } of again) expect(body).toEqual({ ...merged.body, quote: expect.any(Object) });
    expect((await onCart(shop, own)).body).toEqual({ ...merged.body, quote: expect.any(Object) });
  });

  test('and is at rest: it can be read, and takes no change and no checkout', async () => {
    await customersCart(1);
    const guest = await guestCart(2);
    const item = (await onCart(shop, guest)).body.items[0].id;
    await mergeInto(shop, guest, customer.token);
    expect((await onCart(shop, guest)).body).toMatchObject({ items: [], saved: [], destination: null });
    expectProblem(await addTo(shop, guest, variant(0), 1), 'cart_merged');
    expectProblem(await changeCart(shop, guest, { destination: NEW_YORK }), 'cart_merged');
    expectProblem(await onCart(shop, guest, { path: `/items/${item}`, method: 'DELETE' }), 'cart_merged');
    expectProblem(await checkOut(shop, guest), 'cart_merged');
    const { token } = await shop.signIn();
    expectProblem(await mergeInto(shop, guest, token), 'cart_merged');
  });

  test('up to the most of a line', async () => {
    await customersCart(990);
    const merged = await mergeInto(shop, await guestCart(990), customer.token);
    expect(quantitiesIn(merged.body.items)).toEqual({ [variant(0)]: 999 });
  });

  test('keeps what the customer’s says, and tells a price that neither has been shown', async () => {
    const own = await customersCart(2);
    await changeCart(shop, own, { destination: { country: 'DE' } });
    const { id } = await merchant.make('prices', {
      ...{ variantId: variant(0), currency: 'USD', kind: 'regular', minQuantity: 4, price: 400 },
    });
    const guest = await guestCart(2);
    await changeCart(shop, guest, { destination: NEW_YORK });
    const { body } = await mergeInto(shop, guest, customer.token);
    await merchant.ask('DELETE', `prices/${id}`);
    expect(body.destination.country).toBe('DE');
    expect(body.items).toMatchObject([
      { notice: 'price_changed', unitPrice: { amount: 400 }, seenPrice: { amount: 500 } },
    ]);
  });
});

describe('a guest’s cart becomes the customer’s as it is', () => {
  const becomesTheirs = async (guest: TestCart) => {
    const before = (await onCart(shop, guest)).body;
    const { status, body } = await mergeInto(shop, guest, customer.token);
    expect([status, body.id]).toEqual([200, guest.cartId]);
    expect(body).toEqual({ ...before, quote: expect.any(Object) });
    expectProblem(await onCart(shop, guest), 'cart_not_found');
    expect((await mergeInto(shop, guest, customer.token)).body.id).toBe(guest.cartId);
    return before;
  };

  test('where they have none; and a quote of it stays good', async () => {
    await withoutCarts();
    const guest = await guestCart(1);
    const { quote } = await becomesTheirs(guest);
    const bought = await shop.call('/api/v1/checkout', {
      ...{ method: 'POST', token: customer.token, headers: { 'idempotency-key': crypto.randomUUID() } },
      body: {
        ...{ cartId: guest.cartId, email: customer.email, paymentMethodId: 'pm_card_visa' },
        shippingAddress: { name: 'A', line1: '1', city: 'B', postalCode: '1', country: 'US' },
        quote: quote.token,
      },
    });
    expect(bought.status).toBe(201);
  });

  test('beside theirs in another currency, which stays as it was', async () => {
    const own = await customersCart(2);
    const guest = await guestCart();
    await changeCart(shop, guest, { currency: 'EUR' });
    await becomesTheirs(guest);
    expect(quantitiesIn((await onCart(shop, own)).body.items)).toEqual(quantitiesIn(lines(2)));
  });

  test('beside theirs that is being paid for', async () => {
    const own = await customersCart(2);
    expect((await checkOut(shop, own, { card: 'pm_card_authenticationRequired' })).status).toBe(200);
    await becomesTheirs(await guestCart(3));
  });

  test('beside theirs that could not hold the two', async () => {
    const beads = await createOptions(shop, Array<number>(100).fill(100));
    const items = beads.map((variantId) => ({ variantId, quantity: 1 }));
    const own = await customersCart();
    const full = await onCart(shop, own, { path: '/items/bulk', method: 'POST', body: { items } });
    expect(full.body.items).toHaveLength(100);
    const guest = await guestCart(1);
    await becomesTheirs(guest);
  });
});

describe('nothing changes, and the refusal says why, of a cart', () => {
  const refused = async (
    guest: TestCart,
    problem: Parameters<typeof expectProblem>[1],
    token = customer.token,
  ) => {
    const before = await everything(shop);
    expectProblem(await mergeInto(shop, guest, token), problem);
    expect(await everything(shop)).toEqual(before);
  };

  test('whose token was not sent, or another’s', async () => {
    const [one, other] = [await guestCart(1), await guestCart(2)];
    await refused({ ...one, cartToken: other.cartToken }, 'cart_not_found');
    const { status, body } = await shop.call(`/api/v1/carts/${one.cartId}/merge`, {
      ...{ method: 'POST', token: customer.token },
    });
    expect([status, body.code]).toEqual([404, 'cart_not_found']);
    const theirs = await cartOf(shop, lines(1), (await shop.signIn()).token);
    await refused({ ...theirs, cartToken: one.cartToken }, 'cart_not_found');
  });

  test('that is being paid for, or has become an order', async () => {
    const [open, bought] = [await guestCart(1), await guestCart(2)];
    await checkOut(shop, open, { card: 'pm_card_authenticationRequired' });
    await checkOut(shop, bought);
    await refused(open, 'checkout_in_progress');
    await refused(bought, 'cart_completed');
  });
});

describe('a log-in with the token of a guest’s cart', () => {
  test('merges it, and tells which cart it is now; again, too', async () => {
    const own = await customersCart(1);
    const guest = await guestCart(2);
    for (const _time of ['first', 'second']) {
      const { status, body } = await login(customer.email, guest.cartToken);
      expect([status, body.cartId]).toEqual([200, own.cartId]);
    }
    expect(quantitiesIn((await onCart(shop, own)).body.items)).toEqual(quantitiesIn(lines(3)));
  });

  test('never fails by it', async () => {
    const bought = await guestCart(1);
    await checkOut(shop, bought);
    const broken = shop.beside({
      ownWrites: { ...shop.deps.ownWrites, note: () => Promise.reject(new Error('on purpose')) },
    });
    const body = { email: customer.email, password: TEST_PASSWORD };
    const answers = await Promise.all([
      login(customer.email, bought.cartToken),
      login(customer.email, 'ct_nobodys'),
      broken.call('/api/v1/auth/login', {
        ...{ method: 'POST', body, cartToken: (await guestCart(1)).cartToken },
      }),
    ]);
    for (const { status, body } of answers) {
      expect([status, body.cartId]).toEqual([200, undefined]);
      expect(body.accessToken).toBeString();
    }
    expect(shop.logs.join('\n')).toContain('a cart was not merged at log-in');
  });

  test('that is refused merges nothing', async () => {
    const guest = await guestCart(2);
    const wrong = { email: customer.email, password: 'not the password' };
    const answer = await shop.call('/api/v1/auth/login', {
      ...{ method: 'POST', body: wrong, cartToken: guest.cartToken },
    });
    expectProblem(answer, 'credentials_invalid');
    expect((await onCart(shop, guest)).body.items).toHaveLength(1);
  });
});
