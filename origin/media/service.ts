/** Reading pictures: as they are, or at a width. */

import { withDeadline } from '#lib/deadline.ts';
import { AppError } from '#lib/problems.ts';
import type { Answer } from '#origin/cache/answer.ts';
import type { Deps } from '#origin/deps.ts';
import type { PictureQuery } from './model.ts';
import { etagOf } from './picture-cache.ts';
import { type PictureType, pictureTypeOf } from './picture-type.ts';
import type { Wanted } from './resizer.ts';
import * as store from './store.ts';

export { createUpload, forgetUploadsOf, uploadRecordsOf } from './upload.ts';

/** `for_good`: its name carries the hash of what it is. `moment`: it stands in for the one that was asked for. */
export type PictureLife = 'for_good' | 'day' | 'moment';

export interface Picture {
  readonly contentType: string;
  readonly body: Uint8Array;
  readonly etag: string;
  readonly life: PictureLife;
}

const HASHED_NAME = /\.([0-9a-f]{16,64})\.\w+$/;
const RESIZABLE: ReadonlySet<string> = new Set<PictureType>([
  'image/avif',
  'image/jpeg',
  'image/png',
  'image/webp',
]);
/** Less than the edge waits. What is made later is kept, and there for the next. */
const PATIENCE_MS = 2_000;

/**
 * What has no pixels, such as SVG, or moves, comes as it is at any width; so does, for a moment, what cannot be made
 * in time.
 * @throws {AppError} `not_found`, `picture_unreadable`, `invalid_input` for a format without a width
 */
export async function readPicture(
  deps: Deps,
  name: string,
  { w, format = 'original' }: PictureQuery,
): Promise<Picture> {
  if (w === undefined && format !== 'original') {
    throw new AppError('invalid_input', { errors: [{ path: 'query/format', message: 'goes with w' }] });
  }
  if (w === undefined) return readOriginal(deps, name);
  const source = await found(deps, (db) => store.describePicture(db, name));
  if (!RESIZABLE.has(source.contentType)) return readOriginal(deps, name);
  const original = {
    hash: source.hash,
    read: async () => (await found(deps, (db) => store.findPicture(db, name))).body,
  };
  const made = await makeInTime(deps, original, { width: Number(w), format });
  if (made === 'late') return { ...(await readOriginal(deps, name)), life: 'moment' };
  if (made === null) throw new AppError('picture_unreadable');
  const contentType = pictureTypeOf(made.body) ?? source.contentType;
  return { contentType, body: made.body, etag: made.etag, life: lifeOf(name, source) };
}

async function readOriginal(deps: Deps, name: string): Promise<Picture> {
  const picture = await found(deps, (db) => store.findPicture(db, name));
  const { body, contentType } = picture;
  return { contentType, body, etag: etagOf(picture.hash), life: lifeOf(name, picture) };
}

/** @throws {AppError} `not_found` */
async function found<Row extends store.StoredPicture>(
  { readers }: Deps,
  read: (db: Parameters<typeof store.findPicture>[0]) => Promise<Row | undefined>,
): Promise<Row> {
  const row = await readers.general(read, { accept: (each) => each !== undefined });
  if (row === undefined) throw new AppError('not_found');
  return row;
}

/** Only a name that tells the truth is good for ever. */
function lifeOf(name: string, { hash }: Pick<store.StoredPicture, 'hash'>): PictureLife {
  const told = HASHED_NAME.exec(name)?.[1];
  return told !== undefined && hash.startsWith(told) ? 'for_good' : 'day';
}

function makeInTime(
  { pictures }: Deps,
  original: Parameters<Deps['pictures']['read']>[0],
  wanted: Wanted,
): Promise<Answer | null | 'late'> {
  const making = pictures.read(original, wanted).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'unavailable') return 'late' as const;
    throw error;
  });
  return withDeadline(making, PATIENCE_MS, () => 'late' as const);
}
