/**
 * `bun origin/media/resize-main.ts WIDTH FORMAT < picture > result`: makes one picture and ends. Pictures may be
 * hostile and their decoders have a history, so pixels are worked on in a process that has nothing to lose. Of what is
 * not a pixel nothing gets through: places, captions, thumbnails, whatever else hides in a file.
 */

import { setPriority } from 'node:os';
import { parseArgs } from 'node:util';
import type { Metadata, Sharp } from 'sharp';
import { EXIT, MAX_AVIF_PIXELS, MAX_INPUT_BYTES, MAX_INPUT_PIXELS } from './resize-limits.ts';

const USAGE = `usage: bun origin/media/resize-main.ts WIDTH FORMAT < picture > result

  WIDTH   pixels; a narrower picture is not enlarged
  FORMAT  avif, webp or original; clean is original, for good: to be worked on again

exit codes: ${Object.entries(EXIT)
  .map(([meaning, code]) => `${code} ${meaning}`)
  .join(', ')}
`;
/** Requests go first. */
const NICENESS = 10;
/** The limit of WebP and AVIF for either side, in pixels. */
const MAX_HEIGHT = 16_383;
/** Just what a shop's pictures are; libvips knows many more formats. */
const LOADERS = ['Jpeg', 'Png', 'Webp', 'Heif'].map((format) => `VipsForeignLoad${format}Buffer`);
/** Above this width the last tenth of the bytes would cost four times the time. */
const MAX_CAREFUL_WIDTH = 640;
const AVIF_QUALITY = 50;
const WEBP = { quality: 75 };
const JPEG = { quality: 80, mozjpeg: true };
/** What others are made from. */
const CLEAN = { jpeg: { quality: 90 }, webp: { quality: 90 }, avif: { quality: 70, effort: 2 } };
/** What is smaller by the square root has a little less than its share of the bytes. */
const SHRINK = 0.9;
const MAX_TRIES = 3;

const { values, positionals } = parseArgs({
  options: { help: { type: 'boolean' } },
  allowPositionals: true,
  strict: false,
});
const [width = '', format = ''] = positionals;
if (values['help'] === true) {
  process.stdout.write(USAGE);
} else if (/^\d{1,5}$/.test(width) && ['avif', 'webp', 'original', 'clean'].includes(format)) {
  setPriority(NICENESS);
  process.exitCode = await run(Number(width), format);
} else {
  process.stderr.write(USAGE);
  process.exitCode = EXIT.misused;
}

async function run(widthPixels: number, wanted: string): Promise<number> {
  const sharp = await import('sharp').catch((error: unknown) => tell(error));
  if (sharp === null) return EXIT.uninstalled;
  sharp.default.block({ operation: ['VipsForeignLoad'] });
  sharp.default.unblock({ operation: LOADERS });
  sharp.default.concurrency(1);
  try {
    const picture = sharp.default(await Bun.stdin.bytes(), { limitInputPixels: MAX_INPUT_PIXELS });
    const given = await picture.metadata();
    if ((given.pages ?? 1) > 1) return EXIT.animated;
    picture.autoOrient();
    const format = wanted === 'original' ? given.format : wanted;
    const made = wanted === 'clean' ? cleaned(picture, given) : encoded(within(picture, widthPixels), format);
    await Bun.write(Bun.stdout, await made);
    return EXIT.made;
  } catch (error) {
    tell(error);
    return EXIT.unreadable;
  }
}

function encoded(picture: Sharp, format: string): Promise<Buffer> {
  switch (format) {
    case 'webp':
      return picture.webp(WEBP).toBuffer();
    case 'jpeg':
      return picture.jpeg(JPEG).toBuffer();
    case 'png':
      return picture.png().toBuffer();
    default:
      return picture
        .avif({ quality: AVIF_QUALITY, effort: Number(width) > MAX_CAREFUL_WIDTH ? 0 : 1 })
        .toBuffer();
  }
}

function within(picture: Sharp, widthPixels: number): Sharp {
  return picture.resize({ width: widthPixels, height: MAX_HEIGHT, fit: 'inside', withoutEnlargement: true });
}

/** No larger than what may be sent: what is written anew may come out larger, and is made smaller then. */
async function cleaned(picture: Sharp, given: Metadata): Promise<Buffer> {
  const pixels = given.width * given.height;
  if (given.format === 'heif' && pixels > MAX_AVIF_PIXELS) throw new Error(`AVIF of ${pixels} pixels`);
  let widthPixels = Number(width);
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const { data, info } = await cleanlyEncoded(within(picture.clone(), widthPixels), given);
    if (data.byteLength <= MAX_INPUT_BYTES) return data;
    widthPixels = Math.floor(info.width * Math.sqrt(MAX_INPUT_BYTES / data.byteLength) * SHRINK);
  }
  throw new Error(`more than ${MAX_INPUT_BYTES} bytes, however small it is made`);
}

function cleanlyEncoded(picture: Sharp, { format, isPalette, space }: Metadata) {
  const whole = { resolveWithObject: true } as const;
  switch (format) {
    case 'jpeg':
      return picture.jpeg(CLEAN.jpeg).toBuffer(whole);
    case 'png':
      // What repeats itself byte by byte is the worse for filters; shades of grey would come out as colours.
      return picture
        .toColourspace(space === 'b-w' ? 'b-w' : 'srgb')
        .png({ adaptiveFiltering: isPalette !== true })
        .toBuffer(whole);
    case 'webp':
      return picture.webp(CLEAN.webp).toBuffer(whole);
    default:
      return picture.avif(CLEAN.avif).toBuffer(whole);
  }
}

function tell(error: unknown): null {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return null;
}
