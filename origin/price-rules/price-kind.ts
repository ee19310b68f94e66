/** Prices of the price lists as a kind of rule. What one is of is locked before it, as whoever changes the product does. */

import type { CustomerGroupId, VariantId } from '#lib/ids.ts';
import { type Currency, type Minor, minor } from '#lib/money.ts';
import { AppError } from '#lib/problems.ts';
import { dropAnswers, repriceProduct } from '#origin/catalog/service.ts';
import {
  amount,
  amountSaid,
  endOf,
  instantSaid,
  kept,
  type RuleKind,
  said,
  until,
  windowOf,
} from './kinds.ts';
import type { NewPrice, PriceChange } from './model.ts';
import * as store from './store.ts';

type PriceRow = Awaited<ReturnType<typeof store.PRICES.insert>>;

/** Every read of a product that misses the caches looks at all that its variants have. */
const MAX_PRICES_PER_VARIANT = 500;

export const PRICE = {
  list: store.PRICES.list,
  lock: async (tx, key) => {
    await store.lockProductOfPrice(tx, key);
    return store.PRICES.lock(tx, key);
  },
  name: 'price',
  make: async (tx, input, { id, at }) => {
    const variantId = input.variantId as VariantId;
    await store.lockProductOf(tx, variantId);
    const count = await store.countPrices(tx, variantId);
    if (count >= MAX_PRICES_PER_VARIANT)
      throw new AppError('prices_full', { maxPrices: MAX_PRICES_PER_VARIANT });
    return store.PRICES.insert(tx, {
      id: id as PriceRow['id'],
      variantId,
      currency: input.currency as Currency,
      kind: input.kind,
      groupId: (input.groupId ?? null) as CustomerGroupId | null,
      minQuantity: input.minQuantity ?? 1,
      priceMinor: minor(input.price),
      compareAtMinor: amount(input.compareAtPrice),
      ...windowOf(input, at),
      createdAt: at,
    });
  },
  change: (tx, { id }, { price, compareAtPrice, validUntil }) =>
    store.PRICES.update(
      tx,
      id,
      said({
        priceMinor: price as Minor | undefined,
        compareAtMinor: amountSaid(compareAtPrice),
        validUntil: instantSaid(validUntil),
      }) as Partial<PriceRow>,
    ),
  end: (tx, row, at) => store.PRICES.update(tx, row.id, { validUntil: endOf(row, at) }),
  announce: async (deps, tx, { variantId, groupId, minQuantity }) => {
    // Others are told to nobody but in their cart.
    if (groupId !== null || minQuantity > 1) return async () => {};
    const product = await repriceProduct(deps, tx, await store.lockProductOf(tx, variantId));
    return () => dropAnswers(deps, product);
  },
  tell: (row) => ({
    ...{ id: row.id, variantId: row.variantId, currency: row.currency, kind: row.kind },
    ...{ groupId: row.groupId, minQuantity: row.minQuantity, price: row.priceMinor },
    compareAtPrice: row.compareAtMinor,
    validFrom: row.validFrom.toISOString(),
    validUntil: until(row.validUntil),
    ...kept(row),
  }),
  keyOf: ({ id }) => id,
} satisfies RuleKind<PriceRow, NewPrice, PriceChange, unknown>;
