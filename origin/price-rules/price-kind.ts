/** Prices of the price lists as a kind of rule. What one is of is locked before it, as whoever changes the product does. */

import type { Transaction } from '#db/client.ts';
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
/** Those that have ended stay, for orders are edited by the prices that they were placed at. */
const MAX_KEPT_PER_VARIANT = 10_000;

/** Of a variant whose product is locked. @throws {AppError} `prices_full` */
async function requireRoom(tx: Transaction, variantId: VariantId, at: Date): Promise<void> {
  const { left, kept } = await store.countPrices(tx, variantId, at);
  if (left >= MAX_PRICES_PER_VARIANT)
    throw new AppError('prices_full', { maxPrices: MAX_PRICES_PER_VARIANT });
  if (kept >= MAX_KEPT_PER_VARIANT) throw new AppError('prices_full', { maxPrices: MAX_KEPT_PER_VARIANT });
}

function hasEnded(validUntil: Date | null, at: Date): boolean {
  return validUntil !== null && validUntil <= at;
}

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
    await requireRoom(tx, variantId, at);
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
  change: async (tx, row, { price, compareAtPrice, validUntil }, at) => {
    const until = instantSaid(validUntil);
    if (until !== undefined && hasEnded(row.validUntil, at) && !hasEnded(until, at))
      await requireRoom(tx, row.variantId, at);
    return store.PRICES.update(
      tx,
      row.id,
      said({
        priceMinor: price as Minor | undefined,
        compareAtMinor: amountSaid(compareAtPrice),
        validUntil: until,
      }) as Partial<PriceRow>,
    );
  },
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
