/** Rules of pricing are an admin's: made, listed, changed and ended, on record, and refused where they contradict. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { desc } from 'drizzle-orm';
import { auditLog } from '#db/schema/audit-log.ts';
import type { ProblemCode } from '#lib/problems.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { type Merchant, openMerchant } from '#test/support/pricing.ts';
import { expectProblem, pathsOf } from '#test/support/problem-document.ts';
import { createProduct } from '#test/support/shopping.ts';

let shop: OriginUnderTest;
let merchant: Merchant;
let variantId: string;
let productId: string;
beforeAll(async () => {
  shop = await openOrigin();
  merchant = await openMerchant(shop);
  ({ variantId, productId } = await createProduct(shop));
});
afterAll(async () => {
  await shop.close();
});

const NOBODYS = '01890a5d-ac96-774b-bcce-b302099a8057';
const JANUARY = { validFrom: '2030-01-01T00:00:00.000Z', validUntil: '2030-02-01T00:00:00.000Z' };
const FEBRUARY = { validFrom: '2030-02-01T00:00:00.000Z', validUntil: '2030-03-01T00:00:00.000Z' };
const flat = { kind: 'flat', currency: 'USD', name: 'Parcel', steps: [{ from: 0, rate: 490 }] };

const KINDS: readonly (readonly [path: string, input: () => object, change: object])[] = [
  ['currencies', () => ({ code: 'EUR', taxInclusive: true }), { taxInclusive: false }],
  ['customer-groups', () => ({ name: 'Trade', taxExempt: false }), { taxExempt: true }],
  ['prices', () => ({ variantId, currency: 'EUR', kind: 'sale', price: 900, ...JANUARY }), { price: 800 }],
  [
    'tax-rates',
    () => ({ name: 'VAT', country: 'DE', category: 'standard', ratePpm: 190_000 }),
    { ratePpm: 160_000 },
  ],
  ['shipping-zones', () => ({ name: 'Alps', areas: [{ country: 'AT' }] }), { areas: [{ country: 'CH' }] }],
  ['shipping-methods', () => ({ ...flat, kind: 'pickup' }), { steps: [{ from: 0, rate: 0 }] }],
  ['discounts', () => ({ name: 'Less', code: 'LESS', kind: 'percent', ppm: 50_000 }), { ppm: 60_000 }],
];

test.each(KINDS)(
  '%s are made, listed, changed and ended, each act on record',
  async (path, input, change) => {
    const made = await merchant.make(path, input());
    const key = made.id ?? made.code;
    expect(made).toMatchObject({ version: 1 });
    const listed = await merchant.ask('GET', path);
    expect(listed.body.items).toContainEqual(made);
    const changed = await merchant.ask('PATCH', `${path}/${key}`, change);
    expect([changed.status, changed.body.version], JSON.stringify(changed.body)).toEqual([200, 2]);
    expect((await merchant.ask('DELETE', `${path}/${key}`)).status).toBe(200);
    const acts = await shop.deps.db.select().from(auditLog).orderBy(desc(auditLog.seq)).limit(3);
    expect(acts.map(({ action, objectId }) => [action, objectId])).toEqual([
      ['price_rule.ended', key],
      ['price_rule.changed', key],
      ['price_rule.made', key],
    ]);
    expectProblem(
      await merchant.ask('PATCH', `${path}/${path === 'currencies' ? 'XTS' : NOBODYS}`, change),
      'price_rule_not_found',
    );
  },
);

test('the list of rules goes on page by page', async () => {
  for (let made = 0; made < 3; made += 1)
    await merchant.make('customer-groups', { name: `Group ${made}`, taxExempt: false });
  const seen: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const after: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const { body } = await merchant.ask('GET', `customer-groups?limit=2${after}`);
    seen.push(...body.items.map(({ id }: { id: string }) => id));
    cursor = body.nextCursor;
  }
  expect(seen.length).toBeGreaterThanOrEqual(3);
  expect(new Set(seen).size).toBe(seen.length);
});

describe('two that contradict each other:', () => {
  const pairs: readonly (readonly [string, () => object, () => object, ProblemCode])[] = [
    [
      'prices',
      () => ({ variantId, currency: 'JPY', kind: 'sale', price: 900, ...JANUARY }),
      () => ({ variantId, currency: 'JPY', kind: 'sale', price: 800, ...JANUARY }),
      'price_window_overlaps',
    ],
    [
      'tax-rates',
      () => ({ name: 'VAT', country: 'FR', category: 'standard', ratePpm: 200_000 }),
      () => ({ name: 'VAT', country: 'FR', category: 'standard', ratePpm: 210_000, ...JANUARY }),
      'tax_rate_window_overlaps',
    ],
    [
      'shipping-zones',
      () => ({ name: 'Italy', areas: [{ country: 'IT' }] }),
      () => ({ name: 'Europe', areas: [{ country: 'FR' }, { country: 'IT' }] }),
      'shipping_area_taken',
    ],
    [
      'discounts',
      () => ({ name: 'One', code: 'TWICE', kind: 'free_shipping' }),
      () => ({ name: 'Two', code: 'TWICE', kind: 'free_shipping' }),
      'code_taken',
    ],
    [
      'customer-groups',
      () => ({ name: 'Twins', taxExempt: false }),
      () => ({ name: 'Twins', taxExempt: true }),
      'group_name_taken',
    ],
    [
      'currencies',
      () => ({ code: 'CHF', taxInclusive: false }),
      () => ({ code: 'CHF', taxInclusive: true }),
      'currency_taken',
    ],
  ];
  test.each(pairs)('%s', async (path, one, other, problem) => {
    await merchant.make(path, one());
    const before = await merchant.ask('GET', `${path}?limit=100`);
    expectProblem(await merchant.ask('POST', path, other()), problem);
    expect((await merchant.ask('GET', `${path}?limit=100`)).body).toEqual(before.body);
  });

  test('prices one after the other, of another quantity or kind, do not', async () => {
    const base = { variantId, currency: 'KWD', price: 900 };
    await merchant.make('prices', { ...base, kind: 'sale', ...JANUARY });
    await merchant.make('prices', { ...base, kind: 'sale', ...FEBRUARY });
    await merchant.make('prices', { ...base, kind: 'regular', ...JANUARY });
    await merchant.make('prices', { ...base, kind: 'sale', minQuantity: 2, ...JANUARY });
  });
});

describe('what says too little, too much or nonsense is refused at the field:', () => {
  const bad: readonly (readonly [string, () => object, string])[] = [
    ['discounts', () => ({ name: 'Less', kind: 'percent' }), '/kind'],
    ['discounts', () => ({ name: 'Less', kind: 'percent', ppm: 1_000_001 }), '/ppm'],
    ['discounts', () => ({ name: 'Less', kind: 'percent', ppm: -1 }), '/ppm'],
    ['discounts', () => ({ name: 'Less', kind: 'amount', amount: -1, currency: 'USD' }), '/amount'],
    ['discounts', () => ({ name: 'Less', kind: 'amount', amount: 1 }), '/currency'],
    ['discounts', () => ({ name: 'Less', kind: 'free_shipping', maxUses: 1 }), '/code'],
    ['discounts', () => ({ name: 'Less', kind: 'free_shipping', code: 'less' }), '/code'],
    [
      'prices',
      () => ({ variantId, currency: 'GBP', kind: 'sale', price: 9, compareAtPrice: 9 }),
      '/compareAtPrice',
    ],
    [
      'prices',
      () => ({
        ...{ variantId, currency: 'GBP', kind: 'sale', price: 9 },
        ...{ validFrom: JANUARY.validUntil, validUntil: JANUARY.validFrom },
      }),
      '/validUntil',
    ],
    [
      'tax-rates',
      () => ({ name: 'VAT', country: 'CA', region: 'NY', category: 'standard', ratePpm: 1 }),
      '/region',
    ],
    [
      'shipping-zones',
      () => ({
        name: 'Spain',
        areas: [
          { country: 'ES', region: 'CT' },
          { country: 'ES', region: 'B' },
        ],
      }),
      '/areas/1/region',
    ],
    [
      'shipping-zones',
      () => ({ name: 'Lisbon', areas: [{ country: 'PT', postalPrefix: '1000-' }] }),
      '/areas/0/postalPrefix',
    ],
    ['shipping-methods', () => ({ ...flat }), '/zoneId'],
    ['shipping-methods', () => ({ ...flat, kind: 'pickup', steps: [{ from: 5, rate: 1 }] }), '/steps'],
  ];
  test.each(bad)('%s %#', async (path, input, at) => {
    const refused = await merchant.ask('POST', path, input());
    expectProblem(refused, 'invalid_input');
    expect(pathsOf(refused)).toContain(at);
  });

  test('and what names something that is not there, by its own name', async () => {
    expectProblem(
      await merchant.ask('POST', 'prices', { variantId: NOBODYS, currency: 'EUR', kind: 'sale', price: 1 }),
      'variant_not_found',
    );
    expectProblem(
      await merchant.ask('POST', 'shipping-methods', { ...flat, zoneId: NOBODYS }),
      'shipping_zone_not_found',
    );
    const discount = { name: 'Less', kind: 'free_shipping', groupId: NOBODYS };
    expectProblem(await merchant.ask('POST', 'discounts', discount), 'customer_group_not_found');
    const named = (targets: object) =>
      merchant.ask('POST', 'discounts', { name: 'Less', kind: 'free_shipping', ...targets });
    expectProblem(await named({ productIds: [productId, NOBODYS] }), 'product_not_found');
    expectProblem(await named({ productIds: [productId], categoryIds: [NOBODYS] }), 'category_not_found');
    const member = await merchant.ask('POST', `customer-groups/${NOBODYS}/members`, { userId: NOBODYS });
    expectProblem(member, 'customer_group_not_found');
  });

  test.each(['ISK', 'UGX', 'MGA', 'KWD', 'CLF'])(
    'a currency of which Stripe takes other amounts: %s',
    async (code) => {
      const refused = await merchant.ask('POST', 'currencies', { code, taxInclusive: false });
      expectProblem(refused, 'invalid_input');
      expect(pathsOf(refused)).toEqual(['/code']);
    },
  );

  test('and the shop’s own currency stays', async () => {
    await merchant.make('currencies', { code: 'USD', taxInclusive: false });
    expectProblem(await merchant.ask('DELETE', 'currencies/USD'), 'shop_currency_stays');
  });
});

test('a customer is taken into a group once, and out again', async () => {
  const { userId } = await shop.signIn();
  const group = await merchant.make('customer-groups', { name: 'Friends', taxExempt: false });
  const members = `customer-groups/${group.id}/members`;
  for (let times = 0; times < 2; times += 1) {
    expect((await merchant.ask('POST', members, { userId })).status).toBe(204);
  }
  expectProblem(await merchant.ask('POST', members, { userId: NOBODYS }), 'user_not_found');
  for (let times = 0; times < 2; times += 1) {
    expect((await merchant.ask('DELETE', `${members}/${userId}`)).status).toBe(204);
  }
});
