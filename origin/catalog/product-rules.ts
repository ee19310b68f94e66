/** Rules that every change of a product keeps. */

import type { Transaction } from '#db/client.ts';
import { violatedConstraint } from '#db/failures.ts';
import { assert } from '#lib/assert.ts';
import type { CategoryId } from '#lib/ids.ts';
import type { Minor } from '#lib/money.ts';
import { AppError, type ProblemCode } from '#lib/problems.ts';
import * as store from './store.ts';

interface Price {
  readonly priceMinor: Minor;
  readonly compareAtMinor: Minor | null;
}

/** A product is listed under its cheapest variant's price. */
export function cheapest(offers: readonly Price[]): Price {
  const [first, ...rest] = offers;
  assert(first !== undefined, 'a product has at least one variant');
  const { priceMinor, compareAtMinor } = rest.reduce(
    (best, offer) => (offer.priceMinor < best.priceMinor ? offer : best),
    first,
  );
  return { priceMinor, compareAtMinor };
}

/** @throws {AppError} `invalid_input` when there is no category with the slug. */
export async function requireCategoryId(tx: Transaction, slug: string): Promise<CategoryId> {
  const category = await store.findCategory(tx, slug);
  if (category !== undefined) return category.id;
  const message = 'is not the slug of a category';
  throw new AppError('invalid_input', { errors: [{ path: '/category', message }] });
}

/** Every variant names a value for each option, and no two name the same ones. @throws {AppError} `invalid_input` */
export function checkOptions(
  optionNames: readonly string[],
  combinations: readonly (readonly string[])[],
  pathOf: (index: number) => string,
): void {
  if (new Set(optionNames).size < optionNames.length) {
    const message = 'must differ from each other';
    throw new AppError('invalid_input', { errors: [{ path: '/optionNames', message }] });
  }
  const seen = new Set<string>();
  for (const [index, values] of combinations.entries()) {
    const combination = JSON.stringify(values);
    const message =
      values.length !== optionNames.length
        ? `must have ${optionNames.length} values, one for each of optionNames`
        : seen.has(combination)
          ? 'must differ from the other variants'
          : null;
    if (message !== null) throw new AppError('invalid_input', { errors: [{ path: pathOf(index), message }] });
    seen.add(combination);
  }
}

const TAKEN: Readonly<Record<string, ProblemCode>> = {
  products_slug_unique: 'slug_taken',
  variants_sku: 'sku_taken',
};

/** Runs a change and turns the database's word that a name is taken into ours. */
export async function takenNames<T>(change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    const code = TAKEN[violatedConstraint(error) ?? ''];
    throw code === undefined ? error : new AppError(code);
  }
}
