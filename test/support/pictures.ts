/** Pictures to serve: made here, so that no file of anybody's has to lie in the repository. */

import sharp from 'sharp';
import { mediaFiles } from '#db/schema/catalog.ts';
import type { Deps } from '#origin/deps.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A picture with as much in it as a photograph has, and no two the same. */
export async function drawing({ width, height }: Size): Promise<sharp.Sharp> {
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  const small = { width: Math.ceil(width / 8), height: Math.ceil(height / 8) };
  const coarse = await sharp({ create: { ...small, channels: 3, background: '#888', noise } })
    .png()
    .toBuffer();
  return sharp(coarse).resize(width, height, { kernel: 'cubic', fit: 'fill' });
}

export async function photograph(size: Size): Promise<Buffer> {
  return (await drawing(size)).jpeg({ quality: 90 }).toBuffer();
}

/** A small file that claims more pixels than anybody works on. */
export function bomb(): Promise<Buffer> {
  return sharp({ create: { width: 8_000, height: 8_000, channels: 3, background: '#a00' } })
    .png()
    .toBuffer();
}

/** Two frames, which differ. */
export async function animation(): Promise<Buffer> {
  const frames = ['#a00', '#0a0'].map((background) => ({
    create: { width: 400, height: 300, channels: 3, background } as const,
  }));
  const pictures = await Promise.all(frames.map((frame) => sharp(frame).png().toBuffer()));
  return sharp(pictures, { join: { animated: true } })
    .webp()
    .toBuffer();
}

/** Puts a picture into the shop. */
export async function publish(
  { db }: Pick<Deps, 'db'>,
  name: string,
  contentType: string,
  body: Uint8Array,
): Promise<void> {
  await db.insert(mediaFiles).values({ name, contentType, body });
}
