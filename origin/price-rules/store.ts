/** Every query of the rules of pricing as admins make them. All kinds are kept alike: a key, a version, an end. */

import {
  and,
  asc,
  count,
  eq,
  getTableColumns,
  gt,
  type InferInsertModel,
  type InferSelectModel,
  inArray,
  isNull,
  or,
  sql,
} from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import type { Queryable, Transaction } from '#db/client.ts';
import { categories, products, variants } from '#db/schema/catalog.ts';
import { discounts } from '#db/schema/discounts.ts';
import { currencies, customerGroupMembers, customerGroups, prices, taxRates } from '#db/schema/pricing.ts';
import { shippingAreas, shippingMethods, shippingZones } from '#db/schema/shipping.ts';
import { present } from '#lib/assert.ts';
import type {
  CategoryId,
  CustomerGroupId,
  PriceId,
  ProductId,
  ShippingZoneId,
  UserId,
  VariantId,
} from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';

export interface RuleTable<Row, New> {
  insert(tx: Transaction, row: New): Promise<Row>;
  /** In the order of their keys, beyond the given one. */
  list(db: Queryable, limit: number, after: string | undefined): Promise<Row[]>;
  /** The row as it is now, locked. */
  lock(tx: Transaction, key: string): Promise<Row | undefined>;
  /** Gives it its next version. */
  update(tx: Transaction, key: string, change: Partial<New>): Promise<Row>;
}

/** Drizzle's own types do not follow a table that is not known; ours hold what goes in and what comes out. */
function ruleTable<Table extends PgTable>(table: Table, keyName: string & keyof InferSelectModel<Table>) {
  type Row = InferSelectModel<Table>;
  type New = InferInsertModel<Table>;
  const columns = getTableColumns(table) as Record<string, PgColumn>;
  const key = present(columns[keyName], keyName);
  const version = present(columns['version'], 'version');
  const all = table as PgTable;
  const rules: RuleTable<Row, New> = {
    insert: async (tx, row) => {
      const [made] = await tx
        .insert(all)
        .values(row as Record<string, unknown>)
        .returning();
      return present(made, 'the rule that was made') as Row;
    },
    list: async (db, limit, after) => {
      const beyond = after === undefined ? undefined : gt(key, after);
      return (await db.select().from(all).where(beyond).orderBy(asc(key)).limit(limit)) as Row[];
    },
    lock: async (tx, value) => {
      const [found] = await tx.select().from(all).where(eq(key, value)).for('no key update');
      return found as Row | undefined;
    },
    update: async (tx, value, change) => {
      const next = { ...(change as Record<string, unknown>), version: sql`${version} + 1` };
      const [changed] = await tx.update(all).set(next).where(eq(key, value)).returning();
      return present(changed, `rule ${value}`) as Row;
    },
  };
  return rules;
}

export const CURRENCIES = ruleTable(currencies, 'code');
export const GROUPS = ruleTable(customerGroups, 'id');
export const PRICES = ruleTable(prices, 'id');
export const TAX_RATES = ruleTable(taxRates, 'id');
export const ZONES = ruleTable(shippingZones, 'id');
export const METHODS = ruleTable(shippingMethods, 'id');
export const DISCOUNTS = ruleTable(discounts, 'id');

/** The product of a variant, locked until the transaction ends. @throws {AppError} `variant_not_found` */
export async function lockProductOf(tx: Transaction, variantId: VariantId): Promise<ProductId> {
  const owner = tx.select({ id: variants.productId }).from(variants).where(eq(variants.id, variantId));
  const [product] = await tx
    .select({ id: products.id })
    .from(products)
    .where(eq(products.id, owner))
    .for('no key update');
  if (product === undefined) throw new AppError('variant_not_found');
  return product.id;
}

/** Where there is such a price. */
export async function lockProductOfPrice(tx: Transaction, key: string): Promise<void> {
  const [price] = await tx
    .select({ variantId: prices.variantId })
    .from(prices)
    .where(eq(prices.id, key as PriceId));
  if (price !== undefined) await lockProductOf(tx, price.variantId);
}

/** All that a variant has, and those of them that have not ended by then. */
export async function countPrices(tx: Transaction, variantId: VariantId, at: Date) {
  const isLeft = or(isNull(prices.validUntil), gt(prices.validUntil, at));
  const [counts] = await tx
    .select({ kept: count(), left: sql`count(*) filter (where ${isLeft})`.mapWith(Number) })
    .from(prices)
    .where(eq(prices.variantId, variantId));
  return present(counts, `the prices of ${variantId}`);
}

/** All of a variant in the order of their keys, beyond the given one. */
export async function pricesOf(
  db: Queryable,
  variantId: VariantId,
  { limit, after }: { readonly limit: number; readonly after: string | undefined },
) {
  const beyond = after === undefined ? undefined : gt(prices.id, after as PriceId);
  return db
    .select()
    .from(prices)
    .where(and(eq(prices.variantId, variantId), beyond))
    .orderBy(asc(prices.id))
    .limit(limit);
}

/** Whether each of these, none of them twice, is in the shop. */
export async function areProducts(tx: Transaction, ids: readonly string[]): Promise<boolean> {
  const named = inArray(products.id, [...ids] as ProductId[]);
  return ids.length === 0 || (await tx.$count(products, named)) === ids.length;
}

/** The same of categories. */
export async function areCategories(tx: Transaction, ids: readonly string[]): Promise<boolean> {
  const named = inArray(categories.id, [...ids] as CategoryId[]);
  return ids.length === 0 || (await tx.$count(categories, named)) === ids.length;
}

export type AreaRow = typeof shippingAreas.$inferSelect;

export async function findAreas(db: Queryable, zoneId: ShippingZoneId): Promise<AreaRow[]> {
  return db
    .select()
    .from(shippingAreas)
    .where(eq(shippingAreas.zoneId, zoneId))
    .orderBy(asc(shippingAreas.country), asc(shippingAreas.region), asc(shippingAreas.postalPrefix));
}

/** Of a zone whose row is locked. */
export async function replaceAreas(
  tx: Transaction,
  zoneId: ShippingZoneId,
  areas: readonly Omit<AreaRow, 'zoneId'>[],
): Promise<void> {
  await tx.delete(shippingAreas).where(eq(shippingAreas.zoneId, zoneId));
  if (areas.length > 0) await tx.insert(shippingAreas).values(areas.map((area) => ({ ...area, zoneId })));
}

interface Membership {
  readonly groupId: CustomerGroupId;
  readonly userId: UserId;
}

export async function addMember(tx: Transaction, member: Membership): Promise<void> {
  await tx.insert(customerGroupMembers).values(member).onConflictDoNothing();
}

export async function removeMember(tx: Transaction, { groupId, userId }: Membership): Promise<void> {
  await tx
    .delete(customerGroupMembers)
    .where(sql`${customerGroupMembers.groupId} = ${groupId} and ${customerGroupMembers.userId} = ${userId}`);
}
