/** The queries for pictures. */

import { and, asc, eq, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import { mediaFiles } from '#db/schema/catalog.ts';
import { mediaUploads } from '#db/schema/media-uploads.ts';
import type { UserId } from '#lib/ids.ts';

export interface StoredPicture {
  readonly contentType: string;
  /** SHA-256 of the body, in hexadecimal. */
  readonly hash: string;
  readonly byteLength: number;
}

const description = {
  contentType: mediaFiles.contentType,
  hash: sql<string>`encode(sha256(${mediaFiles.body}), 'hex')`,
  byteLength: sql<number>`length(${mediaFiles.body})`,
};

/** Everything but the picture itself. */
export async function describePicture(db: Queryable, name: string): Promise<StoredPicture | undefined> {
  const [picture] = await db.select(description).from(mediaFiles).where(eq(mediaFiles.name, name));
  return picture;
}

export async function findPicture(db: Queryable, name: string) {
  const [picture] = await db
    .select({ ...description, body: mediaFiles.body })
    .from(mediaFiles)
    .where(eq(mediaFiles.name, name));
  return picture;
}

export interface Upload {
  readonly userId: UserId;
  /** SHA-256 of what was sent. */
  readonly sentHash: string;
}

/** What came of the same bytes when the user sent them before. */
export async function findUpload(db: Queryable, { userId, sentHash }: Upload) {
  const [upload] = await db
    .select({
      name: mediaUploads.name,
      contentType: mediaFiles.contentType,
      byteLength: mediaUploads.byteLength,
    })
    .from(mediaUploads)
    .innerJoin(mediaFiles, eq(mediaFiles.name, mediaUploads.name))
    .where(and(eq(mediaUploads.userId, userId), eq(mediaUploads.sentHash, sentHash)));
  return upload;
}

/** Pictures of one user that come at once are counted one after the other. */
export async function lockUploads(tx: Transaction, userId: UserId): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`media-uploads:${userId}`}, 0))`);
}

/** What a user has put here so far. */
export async function countUploads(tx: Transaction, userId: UserId) {
  const [sum] = await tx
    .select({
      pictures: sql<number>`count(*)::int`,
      bytes: sql<number>`coalesce(sum(${mediaUploads.byteLength}), 0)`.mapWith(Number),
    })
    .from(mediaUploads)
    .where(eq(mediaUploads.userId, userId));
  return sum ?? { pictures: 0, bytes: 0 };
}

export async function insertUpload(
  tx: Transaction,
  upload: Upload,
  picture: { readonly name: string; readonly contentType: string; readonly body: Uint8Array },
): Promise<void> {
  await tx.insert(mediaFiles).values(picture).onConflictDoNothing();
  await tx
    .insert(mediaUploads)
    .values({ ...upload, name: picture.name, byteLength: picture.body.byteLength })
    .onConflictDoNothing();
}

/** For whoever asks what the shop holds of them. */
export async function listUploads(db: Queryable, userId: UserId) {
  return db
    .select({
      name: mediaUploads.name,
      byteLength: mediaUploads.byteLength,
      createdAt: mediaUploads.createdAt,
    })
    .from(mediaUploads)
    .where(eq(mediaUploads.userId, userId))
    .orderBy(asc(mediaUploads.createdAt));
}

export async function deleteUploadsOf(tx: Transaction, userId: UserId): Promise<void> {
  await tx.delete(mediaUploads).where(eq(mediaUploads.userId, userId));
}
