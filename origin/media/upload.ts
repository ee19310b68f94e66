/** Taking pictures in: of what is sent only the pixels are kept, under the hash of what is kept. */

import type { Queryable, Transaction } from '#db/client.ts';
import { createBulkhead } from '#lib/bulkhead.ts';
import type { UserId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import { recordAct } from '#origin/audit-log/service.ts';
import type { Deps } from '#origin/deps.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import type { UploadedPicture } from './model.ts';
import { hashOf } from './picture-cache.ts';
import { type PictureType, pictureTypeOf } from './picture-type.ts';
import * as store from './store.ts';

/** What one user's pictures may be at most, as they are kept. */
const MAX_PICTURES = 5_000;
const MAX_BYTES = 512 * 1024 * 1024;
/** Of all users of a process: each takes a core for a moment, and up to 800 MB. */
const atOnce = createBulkhead({ maxRunning: 1, maxWaiting: 8 });

const ENDINGS: Readonly<Record<PictureType, string>> = {
  'image/avif': 'avif',
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
};

export interface Uploaded {
  readonly picture: UploadedPicture;
  /** False where the user has sent the same bytes before. */
  readonly isNew: boolean;
}

/**
 * What the request says that it is counts for nothing, and neither does what follows the pixels.
 * @throws {AppError} `unsupported_media_type` for what is no picture that is resized, SVG above all;
 *   `picture_unreadable`, `uploads_full`, `unavailable`
 */
export async function createUpload(deps: Deps, caller: SignedIn, sent: Uint8Array): Promise<Uploaded> {
  if (sent.byteLength === 0) throw new AppError('picture_unreadable');
  const type = pictureTypeOf(sent);
  if (type === null) throw new AppError('unsupported_media_type');
  const upload = { userId: caller.userId, sentHash: hashOf(sent) };
  const known = await store.findUpload(deps.db, upload);
  if (known !== undefined) return { picture: toAnswer(known), isNew: false };
  const cleaned = await atOnce(() => deps.cleanPicture(sent));
  if (cleaned.kind !== 'made')
    throw new AppError(cleaned.kind === 'failed' ? 'unavailable' : 'picture_unreadable');
  const body = cleaned.picture;
  const contentType = pictureTypeOf(body) ?? type;
  const name = `p.${hashOf(body)}.${ENDINGS[contentType]}`;
  await deps.db.transaction(async (tx) => {
    await requireRoom(tx, caller.userId, body.byteLength);
    await store.insertUpload(tx, upload, { name, contentType, body });
    const object = { kind: 'picture', id: name };
    await recordAct(tx, caller, { action: 'picture.uploaded', object, changes: { bytes: body.byteLength } });
  });
  return { picture: toAnswer({ name, contentType, byteLength: body.byteLength }), isNew: true };
}

async function requireRoom(tx: Transaction, userId: UserId, byteLength: number): Promise<void> {
  await store.lockUploads(tx, userId);
  const { pictures, bytes } = await store.countUploads(tx, userId);
  if (pictures >= MAX_PICTURES || bytes + byteLength > MAX_BYTES) throw new AppError('uploads_full');
}

interface Kept {
  readonly name: string;
  readonly contentType: string;
  readonly byteLength: number;
}

function toAnswer({ name, contentType, byteLength }: Kept): UploadedPicture {
  return { url: `/media/${name}`, contentType, bytes: byteLength };
}

export async function uploadRecordsOf(db: Queryable, userId: UserId) {
  return store.listUploads(db, userId);
}

/** The pictures stay, for products show them; nothing says any more who has sent them. */
export async function forgetUploadsOf(tx: Transaction, userId: UserId): Promise<void> {
  await store.deleteUploadsOf(tx, userId);
}
