/**
 * `bun origin/media/resize-main.ts WIDTH FORMAT < picture > result`: makes one picture and ends. Pictures may be
 * hostile and their decoders have a history, so pixels are worked on in a process that has nothing to lose. Of what is
 * not a pixel nothing gets through: places, captions, thumbnails, whatever else hides in a file.
 */

import { setPriority } from 'node:os';
import { parseArgs } from 'node:util';
import { EXIT, MAX_INPUT_PIXELS } from './resize-limits.ts';

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
    const { pages = 1, format: given } = await picture.metadata();
    if (pages > 1) return EXIT.animated;
    picture.autoOrient().resize({
      width: widthPixels,
      height: MAX_HEIGHT,
      fit: 'inside',
      withoutEnlargement: true,
    });
    const made =
      wanted === 'clean' ? cleaned(picture, given) : encoded(picture, wanted === 'original' ? given : wanted);
    await Bun.write(Bun.stdout, await made);
    return EXIT.made;
  } catch (error) {
    tell(error);
    return EXIT.unreadable;
  }
}

function encoded(picture: import('sharp').Sharp, format: string): Promise<Buffer> {
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

function cleaned(picture: import('sharp').Sharp, format: string): Promise<Buffer> {
  switch (format) {
    case 'jpeg':
      return picture.jpeg(CLEAN.jpeg).toBuffer();
    case 'png':
      return picture.png().toBuffer();
    case 'webp':
      return picture.webp(CLEAN.webp).toBuffer();
    default:
      return picture.avif(CLEAN.avif).toBuffer();
  }
}

function tell(error: unknown): null {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return null;
}
