/** From rows to what readers, authors and moderators are shown, and how lists of them are cut into pages. */

import { decodeCursor, encodeCursor } from '#origin/http/cursor.ts';
import { DEFAULT_PAGE_SIZE } from '#origin/http/schemas.ts';
import type { OwnReview, ProductReviews, ReviewQueue, ReviewSort } from './model.ts';
import type { Position, ReviewRow } from './store.ts';

/** How a list is sorted, as its cursors know it. */
export interface Order {
  readonly name: string;
  readonly kind: 'instant' | 'integer' | 'uuid';
  positionOf(row: ReviewRow): string | number;
}

export const newestFirst: Order = { name: 'own', kind: 'uuid', positionOf: ({ id }) => id };

export const longestWaiting: Order = {
  name: 'queue',
  kind: 'instant',
  positionOf: ({ changedAt }) => changedAt.toISOString(),
};

export function orderOf(sort: ReviewSort): Order {
  if (sort !== 'newest') return { name: sort, kind: 'integer', positionOf: ({ rating }) => rating };
  return { name: sort, kind: 'instant', positionOf: (row) => publishedAtOf(row).toISOString() };
}

interface Asked {
  readonly cursor?: string;
  readonly limit?: number;
}

interface Page<Item> {
  readonly items: Item[];
  readonly nextCursor: string | null;
}

/** @throws {AppError} `invalid_input` for a cursor of another list */
export async function cutPage<Item>(
  { cursor, limit = DEFAULT_PAGE_SIZE }: Asked,
  { name, kind, positionOf }: Order,
  toItem: (row: ReviewRow) => Item,
  read: (page: { readonly limit: number; readonly after: Position | undefined }) => Promise<ReviewRow[]>,
): Promise<Page<Item>> {
  const [value, id] = cursor === undefined ? [] : decodeCursor(cursor, kind, 'uuid', name);
  const after = value === undefined || id === undefined ? undefined : { value, id };
  const rows = await read({ limit: limit + 1, after });
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return {
    items: shown.map(toItem),
    nextCursor: hasMore ? encodeCursor([positionOf(last), last.id, name]) : null,
  };
}

export function toPublished(row: ReviewRow): ProductReviews['items'][number] {
  const publishedAt = publishedAtOf(row);
  return {
    ...saidIn(row),
    publishedAt: publishedAt.toISOString(),
    editedAt: row.changedAt > row.writtenAt ? row.changedAt.toISOString() : null,
  };
}

export function toOwn(row: ReviewRow): OwnReview {
  const { productId, status, rejection, version, writtenAt, changedAt } = row;
  return {
    ...saidIn(row),
    ...{ productId, status, rejection, version },
    writtenAt: writtenAt.toISOString(),
    changedAt: changedAt.toISOString(),
  };
}

type Queued = ReviewQueue['items'][number];

export function toQueued(row: ReviewRow, complaints: Queued['complaints']): Queued {
  return { ...toOwn(row), openReports: row.openReports, complaints };
}

/** The author is their display name, and nothing else. */
function saidIn({ id, rating, title, text, displayName, reply, repliedAt }: ReviewRow) {
  const answer = repliedAt === null ? null : { text: reply, at: repliedAt.toISOString() };
  return { id, rating, title, text, displayName, reply: answer };
}

/** The database sees to it that what is published has one. */
function publishedAtOf({ publishedAt, changedAt }: ReviewRow): Date {
  return publishedAt ?? changedAt;
}
