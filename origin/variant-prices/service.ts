/** The prices of one's own variants: set, for now or for later, changed and ended, each on record; admins may do it for all. */

import type { Transaction } from '#db/client.ts';
import { AppError } from '#lib/problems.ts';
import { OF_ANOTHER } from '#lib/security-events.ts';
import { type Act, recordAct } from '#origin/audit-log/service.ts';
import { lockOwn } from '#origin/catalog/service.ts';
import type { Deps } from '#origin/deps.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import { decodeCursor, encodeCursor } from '#origin/http/cursor.ts';
import { isOwnProduct } from '#origin/http/permissions.ts';
import { DEFAULT_PAGE_SIZE } from '#origin/http/schemas.ts';
import * as rules from '#origin/price-rules/service.ts';
import * as store from './store.ts';

const { PRICE } = rules;
type PriceRow = Awaited<ReturnType<typeof PRICE.make>>;
type Told = ReturnType<typeof PRICE.tell>;

export interface PriceName extends store.VariantName {
  readonly priceId: string;
}

/** The oldest first, those of groups and those that have ended, too. @throws {AppError} `product_not_found`, `variant_not_found` */
export async function listPrices(
  deps: Deps,
  caller: SignedIn,
  name: store.VariantName,
  { cursor, limit = DEFAULT_PAGE_SIZE }: typeof rules.RuleListQuery.static,
) {
  const [after] = cursor === undefined ? [] : decodeCursor(cursor, 'uuid', 'uuid', 'variant-prices');
  return deps.ownWrites.read(caller, async (db) => {
    const product = await store.findSeller(db, name.productId);
    if (product === undefined) throw new AppError('product_not_found');
    if (!isOwnProduct(caller, product)) throw new AppError('product_not_found', {}, OF_ANOTHER);
    if (!(await store.isOnSale(db, name))) throw new AppError('variant_not_found');
    const rows = await rules.pricesOf(db, name.variantId, { limit: limit + 1, after });
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const hasMore = rows.length > limit && last !== undefined;
    return {
      items: shown.map(PRICE.tell),
      nextCursor: hasMore ? encodeCursor([last.id, last.id, 'variant-prices']) : null,
    };
  });
}

/**
 * @throws {AppError} `product_not_found`, `variant_not_found`, `currency_not_sold`, `price_window_overlaps`, `prices_full`,
 * `invalid_input`
 */
export async function setPrice(
  deps: Deps,
  seller: SignedIn,
  name: store.VariantName,
  input: typeof rules.NewOwnPrice.static,
): Promise<Told> {
  await deps.currencies.requireSold(input.currency);
  return act(deps, seller, name, async (tx, at) => ({
    row: await PRICE.make(tx, { ...input, variantId: name.variantId }, { id: deps.ids.next(), at }),
    action: 'price_rule.made',
    changes: rules.numbersOf(input),
  }));
}

/**
 * @throws {AppError} `product_not_found`, `variant_not_found`, `price_rule_not_found`, `price_window_overlaps`, `prices_full`,
 * `invalid_input`
 */
export async function changePrice(
  deps: Deps,
  seller: SignedIn,
  name: PriceName,
  change: typeof rules.PriceChange.static,
): Promise<Told> {
  return act(deps, seller, name, async (tx, at) => ({
    row: await PRICE.change(tx, await lockPrice(tx, name), change, at),
    action: 'price_rule.changed',
    changes: rules.numbersOf(change),
  }));
}

/** From now on it does not count. @throws {AppError} `product_not_found`, `variant_not_found`, `price_rule_not_found` */
export async function endPrice(deps: Deps, seller: SignedIn, name: PriceName): Promise<Told> {
  return act(deps, seller, name, async (tx, at) => ({
    row: await PRICE.end(tx, await lockPrice(tx, name), at),
    action: 'price_rule.ended',
  }));
}

/** Prices of a group are the shop's: those who sell see them, and leave them. */
async function lockPrice(tx: Transaction, { variantId, priceId }: PriceName): Promise<PriceRow> {
  const row = await PRICE.lock(tx, priceId);
  if (row === undefined || row.variantId !== variantId || row.groupId !== null) {
    throw new AppError('price_rule_not_found');
  }
  return row;
}

interface Done {
  readonly row: PriceRow;
  readonly action: Act['action'];
  readonly changes?: Readonly<Record<string, unknown>>;
}

/** Under the lock of the product, which becomes another one by it: with the next version, its event and the entry in the log. */
async function act(
  deps: Deps,
  seller: SignedIn,
  name: store.VariantName,
  change: (tx: Transaction, at: Date) => Promise<Done>,
): Promise<Told> {
  const { row, settle } = await rules.refusable(() =>
    deps.db.transaction(async (tx) => {
      await lockOwn(tx, seller, name.productId);
      if (!(await store.isOnSale(tx, name))) throw new AppError('variant_not_found');
      const { row, action, changes = {} } = await change(tx, deps.clock.now());
      const settle = await PRICE.announce(deps, tx, row);
      await recordAct(tx, seller, { action, object: { kind: PRICE.name, id: row.id }, changes });
      return { row, settle };
    }),
  );
  await settle();
  return PRICE.tell(row);
}
