/** Reading one's own products, drafts and all. */

import type { ProductId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import { OF_ANOTHER } from '#lib/security-events.ts';
import * as catalog from '#origin/catalog/service.ts';
import type { Deps } from '#origin/deps.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import { decodeCursor, encodeCursor } from '#origin/http/cursor.ts';
import { isOwnProduct, may } from '#origin/http/permissions.ts';
import { DEFAULT_PAGE_SIZE } from '#origin/http/schemas.ts';
import type { MerchantPage, MerchantQuery } from './model.ts';
import * as store from './store.ts';

/** @throws {AppError} `invalid_input` for a cursor of another list */
export async function listOwn(deps: Deps, caller: SignedIn, query: MerchantQuery): Promise<MerchantPage> {
  const { cursor, limit = DEFAULT_PAGE_SIZE, status } = query;
  const before = cursor === undefined ? undefined : decodeCursor(cursor, 'uuid', 'uuid', 'own')[0];
  return deps.ownWrites.read(caller, async (db) => {
    const rows = await store.listIds(db, {
      sellerId: may(caller, 'products:any') ? undefined : caller.userId,
      before: before as ProductId | undefined,
      limit: limit + 1,
      ...(status === undefined ? {} : { status }),
    });
    const shown = rows.slice(0, limit);
    const cards = await catalog.cardsOfAny(
      db,
      shown.map(({ id }) => id),
      deps.clock.now(),
    );
    const last = shown.at(-1);
    return {
      items: shown.flatMap(({ id, status: state, publishAt }) => {
        const card = cards.get(id);
        return card === undefined
          ? []
          : [{ ...card, status: state, publishAt: publishAt?.toISOString() ?? null }];
      }),
      nextCursor: rows.length > limit && last !== undefined ? encodeCursor([last.id, last.id, 'own']) : null,
    };
  });
}

/** With the `ETag` that a change of it takes. @throws {AppError} `product_not_found` */
export async function readOwn(deps: Deps, caller: SignedIn, id: ProductId) {
  const publication = await store.findPublication(deps.db, id);
  if (publication === undefined || publication.status === 'withdrawn')
    throw new AppError('product_not_found');
  if (!isOwnProduct(caller, publication)) throw new AppError('product_not_found', {}, OF_ANOTHER);
  const { body, etag } = await catalog.readWritten(deps, id);
  const { status, publishAt } = publication;
  const product = JSON.parse(Buffer.from(body).toString()) as catalog.Product;
  return { product: { ...product, status, publishAt }, etag };
}
