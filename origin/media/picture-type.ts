/** What a picture is by its first bytes, whatever it is called. */

export type PictureType = 'image/avif' | 'image/jpeg' | 'image/png' | 'image/webp';

const HEAD_BYTES = 12;
/** In Latin-1, from the first byte on; a dot is any byte. */
const SIGNATURES: readonly (readonly [PictureType, RegExp])[] = [
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/png', /^.PNG\r\n/s],
  ['image/webp', /^RIFF.{4}WEBP/s],
  ['image/avif', /^.{4}ftypavi[fs]/s],
];

/** Null for what has no pixels to work on, such as SVG, and for everything unknown. */
export function pictureTypeOf(picture: Uint8Array): PictureType | null {
  const head = Buffer.from(picture.subarray(0, HEAD_BYTES)).toString('latin1');
  return SIGNATURES.find(([, signature]) => signature.test(head))?.[0] ?? null;
}
