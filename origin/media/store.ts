/** The queries for pictures. */

import { eq, sql } from 'drizzle-orm';
import type { Queryable } from '#db/client.ts';
import { mediaFiles } from '#db/schema/catalog.ts';

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
