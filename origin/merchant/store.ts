/** What sellers and admins read of products. */

import { and, desc, eq, lt } from 'drizzle-orm';
import type { Queryable } from '#db/client.ts';
import { products } from '#db/schema/catalog.ts';
import type { ProductId, UserId } from '#lib/ids.ts';
import type { MerchantQuery } from './model.ts';

const publication = { status: products.status, publishAt: products.publishAt };

interface OwnList extends Pick<MerchantQuery, 'status'> {
  /** Everybody's, where it is undefined. */
  readonly sellerId: UserId | undefined;
  readonly before: ProductId | undefined;
  readonly limit: number;
}

/** The newest first. */
export async function listIds(db: Queryable, { sellerId, status, before, limit }: OwnList) {
  return db
    .select({ id: products.id, ...publication })
    .from(products)
    .where(
      and(
        sellerId && eq(products.sellerId, sellerId),
        status && eq(products.status, status),
        before && lt(products.id, before),
      ),
    )
    .orderBy(desc(products.id))
    .limit(limit);
}

export async function findPublication(db: Queryable, id: ProductId) {
  const [row] = await db
    .select({ sellerId: products.sellerId, ...publication })
    .from(products)
    .where(eq(products.id, id));
  return row;
}
