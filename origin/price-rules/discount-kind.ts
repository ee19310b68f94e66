/** Discounts as a kind of rule. What each needs to say is checked by the constraints of its table. */

import type { Transaction } from '#db/client.ts';
import type { CategoryId, CustomerGroupId, DiscountId, ProductId } from '#lib/ids.ts';
import { type Currency, type Minor, minor } from '#lib/money.ts';
import { AppError } from '#lib/problems.ts';
import { endOf, type RuleKind, windowOf } from './kinds.ts';
import type { DiscountChange, NewDiscount } from './model.ts';
import { areCategories, areProducts, DISCOUNTS } from './store.ts';

type DiscountRow = Awaited<ReturnType<typeof DISCOUNTS.insert>>;

/** @throws {AppError} `product_not_found`, `category_not_found` */
async function requireTargets(tx: Transaction, { productIds, categoryIds }: NewDiscount): Promise<void> {
  if (!(await areProducts(tx, productIds ?? []))) throw new AppError('product_not_found');
  if (!(await areCategories(tx, categoryIds ?? []))) throw new AppError('category_not_found');
}

export const DISCOUNT = {
  name: 'discount',
  list: DISCOUNTS.list,
  lock: DISCOUNTS.lock,
  make: async (tx, input, { id, at }) => {
    await requireTargets(tx, input);
    return DISCOUNTS.insert(tx, {
      id: id as DiscountId,
      name: input.name,
      code: input.code ?? null,
      kind: input.kind,
      ppm: input.ppm ?? null,
      amountMinor: (input.amount ?? null) as Minor | null,
      buyQuantity: input.buyQuantity ?? null,
      getQuantity: input.getQuantity ?? null,
      currency: (input.currency ?? null) as Currency | null,
      minimumMinor: minor(input.minimum ?? 0),
      exclusive: input.exclusive ?? false,
      productIds: (input.productIds ?? []) as ProductId[],
      categoryIds: (input.categoryIds ?? []) as CategoryId[],
      groupId: (input.groupId ?? null) as CustomerGroupId | null,
      firstOrderOnly: input.firstOrderOnly ?? false,
      maxUses: input.maxUses ?? null,
      maxUsesPerCustomer: input.maxUsesPerCustomer ?? null,
      ...windowOf(input, at),
      createdAt: at,
    });
  },
  change: (tx, { id }, { amount, minimum, validUntil, ...same }) => {
    const others = {
      ...(amount === undefined ? {} : { amountMinor: minor(amount) }),
      ...(minimum === undefined ? {} : { minimumMinor: minor(minimum) }),
      ...(validUntil === undefined ? {} : { validUntil: validUntil === null ? null : new Date(validUntil) }),
    };
    return DISCOUNTS.update(tx, id, { ...(same as Partial<DiscountRow>), ...others });
  },
  end: (tx, row, at) => DISCOUNTS.update(tx, row.id, { validUntil: endOf(row, at) }),
  tell: ({ amountMinor, minimumMinor, createdAt, ...row }) => ({
    ...row,
    amount: amountMinor,
    minimum: minimumMinor,
    validFrom: row.validFrom.toISOString(),
    validUntil: row.validUntil?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
  }),
  keyOf: ({ id }) => id,
} satisfies RuleKind<DiscountRow, NewDiscount, DiscountChange, unknown>;
