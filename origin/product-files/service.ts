/** Products as files: one's own, or as an admin anybody's, as much as one request can carry. */

import { exportProducts, type Read } from '#db/export/export-products.ts';
import { type ExportScope, lastOf } from '#db/export/read-products.ts';
import type { ProductId, UserId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import { OF_ANOTHER } from '#lib/security-events.ts';
import { beyondRequest } from '#origin/adapters/time-left.ts';
import type { Deps } from '#origin/deps.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import { decodeCursor, encodeCursor } from '#origin/http/cursor.ts';
import { may } from '#origin/http/permissions.ts';
import { type ExportQuery, MAX_PRODUCTS } from './model.ts';

export interface ProductFile {
  readonly csv: ReadableStream<Uint8Array>;
  /** Where the next file begins; null when this one has the last product. */
  readonly nextCursor: string | null;
}

/** @throws {AppError} `invalid_input` for a cursor of another list, `forbidden` for a seller who names another */
export async function exportFile(deps: Deps, caller: SignedIn, query: ExportQuery): Promise<ProductFile> {
  const { limit = MAX_PRODUCTS, cursor } = query;
  const after = cursor === undefined ? undefined : decodeCursor(cursor, 'uuid', 'uuid', 'export')[0];
  const sellerId = sellerOf(caller, query);
  const from: ExportScope = {
    ...(sellerId === undefined ? {} : { sellerId }),
    ...(after === undefined ? {} : { after: after as ProductId }),
  };
  const atLeast = await deps.latestPosition();
  const read: Read = (each) => deps.readers.reporting(each, { atLeast });
  const until = await read((db) => lastOf(db, from, limit));
  return {
    csv: streamed(exportProducts(read, until === undefined ? from : { ...from, until })),
    nextCursor: until === undefined ? null : encodeCursor([until, until, 'export']),
  };
}

function sellerOf(caller: SignedIn, { seller }: ExportQuery): UserId | undefined {
  if (may(caller, 'products:any')) return seller as UserId | undefined;
  if (seller !== undefined && seller !== caller.userId) throw new AppError('forbidden', {}, OF_ANOTHER);
  return caller.userId;
}

/** A batch is read when the one before has been taken. Past the request's own time, which ends with its headers. */
function streamed(batches: AsyncGenerator<{ readonly text: string }>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull: async (controller) => {
      const { done, value } = await beyondRequest(() => batches.next());
      if (done) controller.close();
      else controller.enqueue(Buffer.from(value.text));
    },
    cancel: async () => {
      await batches.return(undefined);
    },
  });
}
