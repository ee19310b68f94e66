/** Every query of stock locations. */

import { asc, eq, gt, inArray, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import { DEFAULT_LOCATION, stockLocations } from '#db/schema/stock-locations.ts';
import { present } from '#lib/assert.ts';
import type { StockLocationId } from '#lib/ids.ts';

export type LocationRow = typeof stockLocations.$inferSelect;
export type NewRow = typeof stockLocations.$inferInsert;

const DEFAULT_NAME = 'Main location';

/** As good as a row, where there is none of it yet. */
export const UNWRITTEN_DEFAULT: LocationRow = {
  ...{ id: DEFAULT_LOCATION, name: DEFAULT_NAME, country: null, region: '', postalCode: '' },
  ...{ latitude: null, longitude: null, priority: 100, active: true, version: 1 },
  createdAt: new Date(0),
};

/** So that rows may name it. */
export async function writeDefault(tx: Transaction): Promise<void> {
  await tx.insert(stockLocations).values({ id: DEFAULT_LOCATION, name: DEFAULT_NAME }).onConflictDoNothing();
}

export async function insertLocation(tx: Transaction, row: NewRow): Promise<LocationRow> {
  const [inserted] = await tx.insert(stockLocations).values(row).returning();
  return present(inserted, `location ${row.id}`);
}

/** In the order of their ids, which is that in which they were made. */
export async function listLocations(
  db: Queryable,
  limit: number,
  after?: StockLocationId,
): Promise<LocationRow[]> {
  return db
    .select()
    .from(stockLocations)
    .where(after === undefined ? undefined : gt(stockLocations.id, after))
    .orderBy(asc(stockLocations.id))
    .limit(limit);
}

export async function countLocations(tx: Transaction): Promise<number> {
  return tx.$count(stockLocations);
}

export async function findActive(db: Queryable): Promise<LocationRow[]> {
  return db.select().from(stockLocations).where(eq(stockLocations.active, true)).orderBy(stockLocations.id);
}

export async function lockLocation(tx: Transaction, id: StockLocationId): Promise<LocationRow | undefined> {
  const [row] = await tx.select().from(stockLocations).where(eq(stockLocations.id, id)).for('no key update');
  return row;
}

/** As they are, and stay until the transaction ends. */
export async function holdLocations(
  tx: Transaction,
  ids: readonly StockLocationId[],
): Promise<readonly Pick<LocationRow, 'id' | 'active'>[]> {
  if (ids.length === 0) return [];
  return tx
    .select({ id: stockLocations.id, active: stockLocations.active })
    .from(stockLocations)
    .where(inArray(stockLocations.id, [...ids]))
    .orderBy(stockLocations.id)
    .for('share');
}

export async function updateLocation(
  tx: Transaction,
  id: StockLocationId,
  change: Partial<Omit<LocationRow, 'id' | 'version' | 'createdAt'>>,
): Promise<LocationRow> {
  const [row] = await tx
    .update(stockLocations)
    .set({ ...change, version: sql`${stockLocations.version} + 1` })
    .where(eq(stockLocations.id, id))
    .returning();
  return present(row, `location ${id}`);
}

/** What keeps a location in use, all as of one moment: units there, and units of paid orders that are to leave from there. */
export async function findUses(
  tx: Transaction,
  id: StockLocationId,
  shippable: readonly string[],
): Promise<{ readonly units: number; readonly toSend: number; readonly pickUps: number }> {
  const statuses = sql`array[${sql.join(
    shippable.map((status) => sql`${status}::text`),
    sql`, `,
  )}]`;
  const [row] = await tx.execute<{ units: number; toSend: number; pickUps: number }>(sql`
    select (select coalesce(sum(on_hand), 0)::int from location_stock
             where location_id = ${id} and on_hand > 0) as units,
           (select coalesce(sum(greatest(a.quantity - coalesce(sent.units, 0), 0)), 0)::int
              from order_allocations a
              join orders o on o.id = a.order_id and o.status::text = any (${statuses})
              left join lateral (
                select sum(l.quantity) as units from shipments s join shipment_lines l on l.shipment_id = s.id
                 where s.order_id = a.order_id and l.line_id = a.line_id and s.location_id = a.location_id
                   and s.status in ('shipped', 'delivered')) sent on true
             where a.location_id = ${id}) as "toSend",
           (select count(*)::int from shipping_methods
             where location_id = ${id} and ended_at is null) as "pickUps"`);
  return present(row, 'the uses of a location');
}
