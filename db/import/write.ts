/** Writes planned products with their events, in a few statements for a whole batch. */

import { and, getTableColumns, inArray, isNull, type SQL, sql } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import type { Transaction } from '#db/client.ts';
import { productImages, products, variants } from '#db/schema/catalog.ts';
import { inventory, stockLedger } from '#db/schema/inventory.ts';
import { outbox } from '#db/schema/messaging.ts';
import { checkEventData, EVENTS, type EventInput } from '#lib/events.ts';
import type { EventId, IdSource } from '#lib/ids.ts';
import { chunks, insertAll, ROWS_PER_STATEMENT } from './insert-all.ts';
import type { ProductPlan, StockChange } from './plan.ts';

export interface WriteContext {
  readonly ids: IdSource;
  readonly now: Date;
  /** What the ledger says of stock that came in. */
  readonly stockReason: string;
}

export async function writePlans(
  tx: Transaction,
  plans: readonly ProductPlan[],
  context: WriteContext,
): Promise<void> {
  const changing = plans.filter((plan) => plan.kind !== 'unchanged');
  if (changing.length === 0) return;
  await park(tx, changing, context.now);
  const versions = await writeProducts(tx, changing, context.now);
  const variantRows = changing.flatMap((plan) => plan.variants);
  for (const rows of chunks(variantRows, ROWS_PER_STATEMENT)) {
    await tx
      .insert(variants)
      .values(rows)
      .onConflictDoUpdate({ target: variants.id, set: overwrite(variants, ['id', 'productId']) });
  }
  await writeStock(tx, changing, context);
  await writeImages(tx, changing);
  await writeEvents(tx, changing, { ...context, versions });
}

async function park(tx: Transaction, plans: readonly ProductPlan[], now: Date): Promise<void> {
  const parked = plans.flatMap((plan) => plan.parked);
  for (const ids of chunks(parked, ROWS_PER_STATEMENT)) {
    await tx
      .update(variants)
      .set({ withdrawnAt: now })
      .where(and(inArray(variants.id, ids), isNull(variants.withdrawnAt)));
  }
}

async function writeProducts(
  tx: Transaction,
  plans: readonly ProductPlan[],
  now: Date,
): Promise<ReadonlyMap<string, number>> {
  const rows = plans.map((plan) => ({ ...plan.product, updatedAt: now }));
  const written = await tx
    .insert(products)
    .values(rows)
    .onConflictDoUpdate({
      target: products.id,
      set: {
        ...overwrite(products, ['id', 'slug', 'sellerId', 'popularity', 'createdAt']),
        version: sql`${products.version} + 1`,
      },
    })
    .returning({ id: products.id, version: products.version });
  return new Map(written.map(({ id, version }) => [id, version]));
}

async function writeStock(
  tx: Transaction,
  plans: readonly ProductPlan[],
  context: WriteContext,
): Promise<void> {
  const changes = plans.flatMap((plan) => plan.stock);
  for (const some of chunks(changes, ROWS_PER_STATEMENT)) {
    await tx
      .insert(inventory)
      .values(some.map(({ variantId, onHand }) => ({ variantId, onHand, reserved: 0 })))
      .onConflictDoUpdate({ target: inventory.variantId, set: { onHand: sql`excluded.on_hand` } });
  }
  const moved = changes.filter(({ delta }) => delta !== 0);
  await insertAll(
    tx,
    stockLedger,
    moved.map(({ variantId, delta, movement }) => ({
      variantId,
      movement,
      onHandDelta: delta,
      reservedDelta: 0,
      reason: context.stockReason,
      createdAt: context.now,
    })),
  );
}

async function writeImages(tx: Transaction, plans: readonly ProductPlan[]): Promise<void> {
  const replaced = plans.filter((plan) => plan.images !== null);
  if (replaced.length === 0) return;
  await tx.delete(productImages).where(
    inArray(
      productImages.productId,
      replaced.map((plan) => plan.product.id),
    ),
  );
  await insertAll(
    tx,
    productImages,
    replaced.flatMap((plan) => plan.images ?? []),
  );
}

interface EventContext extends WriteContext {
  readonly versions: ReadonlyMap<string, number>;
}

async function writeEvents(
  tx: Transaction,
  plans: readonly ProductPlan[],
  context: EventContext,
): Promise<void> {
  const changed = plans.map((plan) => {
    const { id: productId, slug } = plan.product;
    const data = { productId, slug, version: context.versions.get(productId) ?? 1 };
    return eventRow(context, { name: eventOf(plan), data });
  });
  const replenished = plans.flatMap(({ stock }) =>
    stock.filter(isMoreThanBefore).map(({ variantId, delta }) => {
      return eventRow(context, { name: 'stock.replenished', data: { variantId, added: delta } });
    }),
  );
  await insertAll(tx, outbox, [...changed, ...replenished]);
}

/** For what is new nobody can have waited. */
const isMoreThanBefore = ({ delta, movement }: StockChange) => movement === 'correction' && delta > 0;

function eventRow({ ids, now }: WriteContext, { name, data }: EventInput): typeof outbox.$inferInsert {
  const { version } = EVENTS[name];
  return { id: ids.next<EventId>(), name, version, data: checkEventData(name, data), occurredAt: now };
}

/** A product that is not on sale must leave caches and the search index, whatever else has changed. */
function eventOf({ kind, product }: ProductPlan) {
  if (product.withdrawnAt !== null) return 'product.withdrawn' as const;
  return kind === 'created' ? ('product.created' as const) : ('product.changed' as const);
}

/** `set` of an upsert that takes the proposed row's values for all columns but the named ones. */
function overwrite<Table extends PgTable>(
  table: Table,
  except: readonly (keyof Table['_']['columns'])[],
): Record<string, SQL> {
  return Object.fromEntries(
    Object.entries(getTableColumns(table))
      .filter(([name]) => !except.some((other) => other === name))
      .map(([name, column]) => [name, sql`excluded.${sql.identifier(column.name)}`]),
  );
}
