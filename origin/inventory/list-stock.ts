/** A seller's stock, a page at a time. */

import type { VariantId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import { decodeCursor, encodeCursor } from '#origin/http/cursor.ts';
import { may } from '#origin/http/permissions.ts';
import { DEFAULT_PAGE_SIZE } from '#origin/http/schemas.ts';
import type { StockListQuery, StockPage } from './model.ts';
import * as store from './store.ts';

/** In the order of the variants' ids. @throws {AppError} `invalid_input` for a cursor of another list */
export async function listStock(deps: Deps, caller: SignedIn, query: StockListQuery): Promise<StockPage> {
  const seller = may(caller, 'products:any') ? null : caller.userId;
  const { cursor, limit = DEFAULT_PAGE_SIZE } = query;
  const afterId = cursor === undefined ? undefined : decodeCursor(cursor, 'uuid', 'uuid', 'stock')[0];
  const rows = await deps.ownWrites.read(caller, (db) =>
    store.listLevels(db, { seller, limit: limit + 1, afterId: afterId as VariantId | undefined }),
  );
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return {
    items: shown.map((row) => ({ ...row, available: row.onHand - row.reserved })),
    nextCursor: hasMore ? encodeCursor([last.variantId, last.variantId, 'stock']) : null,
  };
}
