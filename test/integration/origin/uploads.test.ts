/** Pictures that are sent to the shop: what is kept of them, and what is not, whoever made them up. */

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { eq, sql } from 'drizzle-orm';
import sharp from 'sharp';
import { mediaFiles } from '#db/schema/catalog.ts';
import { mediaUploads } from '#db/schema/media-uploads.ts';
import { MINUTE_MS } from '#lib/clock.ts';
import { MAX_PICTURE_BYTES, UPLOAD_PATH } from '#lib/edge-contract.ts';
import { hashOf } from '#origin/media/picture-cache.ts';
import { openEdgeBefore } from '#test/support/before-edge.ts';
import { eventually } from '#test/support/eventually.ts';
import { type Answer, edgePass, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { animation, bomb, drawing, photograph } from '#test/support/pictures.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { createProduct } from '#test/support/shopping.ts';
import { type Sending, sendPicture } from '#test/support/uploads.ts';

setDefaultTimeout(MINUTE_MS);

const CARD = '4242 4242 4242 4242';
const SIZE = { width: 640, height: 480 };

let shop: OriginUnderTest;
let seller: string;
let photo: Buffer;
beforeAll(async () => {
  shop = await openOrigin();
  seller = (await shop.signIn('seller')).token;
  photo = await photograph(SIZE);
});
afterAll(async () => {
  await shop.close();
});

const send = (bytes: Uint8Array, { at = shop, token = seller, ...more }: Partial<Sending> = {}) =>
  sendPicture(at, bytes, { token, ...more });

async function kept({ body }: Answer): Promise<Buffer> {
  const response = await shop.fetch(new Request(`http://localhost${body.url}`, { headers: edgePass() }));
  expect([response.status, response.headers.get('content-type')]).toEqual([200, body.contentType]);
  return Buffer.from(await response.arrayBuffer());
}

const countFiles = () => shop.deps.db.$count(mediaFiles);

describe('a picture', () => {
  test.each([
    ['image/jpeg', 'jpg', (of: sharp.Sharp) => of.jpeg()],
    ['image/png', 'png', (of: sharp.Sharp) => of.png()],
    ['image/webp', 'webp', (of: sharp.Sharp) => of.webp()],
    ['image/avif', 'avif', (of: sharp.Sharp) => of.avif({ effort: 0 })],
  ] as const)('of %s is kept under the hash of what is kept, for good', async (type, ending, encode) => {
    const sent = await encode(await drawing({ width: 64, height: 48 })).toBuffer();
    const answer = await send(sent, { type });
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    expect(answer.body.contentType).toBe(type);
    const picture = await kept(answer);
    expect(answer.body).toMatchObject({
      ...{ url: `/media/p.${hashOf(picture)}.${ending}`, bytes: picture.byteLength },
    });
    expect(await sharp(picture).metadata()).toMatchObject({ width: 64, height: 48 });
    const { headers } = await shop.call(answer.body.url);
    expect(headers.get('cache-control')).toContain('immutable');
  });

  test('comes at the widths of any other, and wider than a screen is made smaller', async () => {
    const { body } = await send(photo);
    const narrow = await eventually('it is made', async () => {
      const asked = new Request(`http://localhost${body.url}?w=160&format=webp`, { headers: edgePass() });
      const answer = await shop.fetch(asked);
      return answer.headers.get('cache-control')?.includes('immutable') ? answer : undefined;
    });
    expect(await sharp(await narrow.arrayBuffer()).metadata()).toMatchObject({ width: 160, format: 'webp' });
    const wide = await sharp({ create: { width: 5_000, height: 10, channels: 3, background: '#00a' } })
      .jpeg()
      .toBuffer();
    expect(await sharp(await kept(await send(wide))).metadata()).toMatchObject({ width: 4_096 });
  });

  test('of PNG takes about as many bytes as before', async () => {
    const colours = await (await drawing(SIZE)).png({ adaptiveFiltering: true }).toBuffer();
    const grey = await sharp(colours).toColourspace('b-w').png({ adaptiveFiltering: true }).toBuffer();
    for (const sent of [colours, grey])
      expect((await send(sent)).body.bytes).toBeLessThan(sent.byteLength * 1.1);
  });

  test('sent again is the same, and costs its user nothing more; sent at once, too', async () => {
    const sent = await photograph({ width: 80, height: 60 });
    const answers = await Promise.all([1, 2, 3].map(() => send(sent)));
    const again = await send(sent, { type: 'image/png' });
    expect(again.status).toBe(200);
    for (const { status, body } of answers) {
      expect(status).toBeOneOf([200, 201]);
      expect(body).toEqual(again.body);
    }
    const rows = await shop.deps.db
      .select()
      .from(mediaUploads)
      .where(eq(mediaUploads.sentHash, hashOf(sent)));
    expect(rows).toHaveLength(1);
    const { token } = await shop.signIn('seller');
    expect((await send(sent, { token })).body.url).toBe(again.body.url);
  });

  test('is shown by a product of one’s own, and of nobody else', async () => {
    const product = await createProduct(shop);
    const { body: picture } = await send(photo, { token: product.sellerToken });
    const change = (token: string) =>
      shop.call(`/api/v1/products/${product.productId}`, {
        ...{ method: 'PATCH', token, headers: { 'if-match': product.etag } },
        body: { images: [{ url: picture.url, alt: 'A mug' }] },
      });
    expectProblem(await change(seller), 'product_not_found');
    const changed = await change(product.sellerToken);
    expect(changed.body.images).toEqual([{ url: picture.url, alt: 'A mug' }]);
  });

  test('is for those to send who sell', async () => {
    const { token } = await shop.signIn();
    expectProblem(await send(photo, { token }), 'forbidden');
    expectProblem(await send(photo, { token: '' }), 'unauthenticated');
    expect((await send(photo, { token: (await shop.signIn('admin')).token })).status).toBe(201);
  });
});

describe('of what is not a pixel nothing is kept:', () => {
  test('neither place nor caption, nor a card number in it, in any format; and it stands upright', async () => {
    const exif = {
      IFD0: { ImageDescription: `Paid with ${CARD}`, Artist: 'Somebody', Copyright: 'Mine' },
      IFD3: { GPSLatitude: '59/1 19/1 0/1', GPSLatitudeRef: 'N' },
    };
    const drawn = await drawing({ width: 60, height: 40 });
    const base = await drawn.png().toBuffer();
    const tagged = () =>
      sharp(base)
        .withMetadata({ orientation: 6 })
        .withExifMerge(exif)
        .withXmp(
          `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" title="${CARD}"/></rdf:RDF></x:xmpmeta>`,
        );
    const all = [tagged().jpeg(), tagged().png(), tagged().webp(), tagged().avif({ effort: 0 })];
    for (const each of all) {
      const sent = await each.toBuffer();
      expect(sent.includes(CARD)).toBeTrue();
      const picture = await kept(await send(sent));
      const { exif: left, xmp, iptc, icc, orientation } = await sharp(picture).metadata();
      expect([left, xmp, iptc, icc, orientation]).toEqual(Array(5).fill(undefined));
      for (const mark of [CARD, 'Somebody', 'Mine']) expect(picture.includes(mark)).toBeFalse();
    }
    const upright = await kept(await send(await tagged().jpeg({ quality: 71 }).toBuffer()));
    expect(await sharp(upright).metadata()).toMatchObject({ width: 40, height: 60 });
    const rows = await shop.deps.db.select().from(mediaFiles);
    expect(rows.every(({ body }) => !Buffer.from(body).includes(CARD))).toBeTrue();
    expect(shop.logs.join('\n')).not.toContain(CARD);
  });

  test('nothing that follows the picture, or hides in a comment of it', async () => {
    const script = Buffer.from('<script>alert(document.domain)</script><?php system($_GET[0]) ?>PK\x03\x04');
    const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, script.length + 2]), script]);
    const withComment = Buffer.concat([photo.subarray(0, 2), comment, photo.subarray(2)]);
    const png = await sharp(photo).png().toBuffer();
    for (const sent of [Buffer.concat([photo, script]), withComment, Buffer.concat([png, script])]) {
      const answer = await send(sent);
      if (answer.status === 422) continue;
      expect(answer.status).toBe(201);
      const picture = await kept(answer);
      for (const mark of ['<script', '<?php', 'PK\x03\x04']) expect(picture.includes(mark)).toBeFalse();
    }
  });
});

describe('what is no picture, or too much of one, is refused and leaves nothing:', () => {
  const refused = async (bytes: Uint8Array, codes: readonly string[], type?: string) => {
    const before = await countFiles();
    const answer = await send(bytes, type === undefined ? {} : { type });
    expect(codes).toContain(answer.body.code);
    expectProblem(answer);
    expect(await countFiles()).toBe(before);
  };
  const text = (content: string) => Buffer.from(content);
  const UNREADABLE = ['picture_unreadable'];
  const UNSUPPORTED = ['unsupported_media_type'];

  test('an SVG, with a script in it or without, whatever it says that it is', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
    for (const type of ['image/svg+xml', 'image/png', 'image/jpeg'])
      await refused(text(svg), UNSUPPORTED, type);
    await refused(Buffer.concat([photo.subarray(0, 3), text(svg)]), UNREADABLE);
  });

  test('other types, by what they say and by what they are', async () => {
    for (const type of [
      'text/html',
      'application/json',
      'multipart/form-data; boundary=x',
      'image/gif',
      '',
    ]) {
      await refused(photo, UNSUPPORTED, type);
    }
    const gif = await sharp(photo).gif().toBuffer();
    for (const bytes of [gif, text('GIF89a'), text('%PDF-1.7'), text('BM'), text('II*\0'), text('<html>')]) {
      await refused(bytes, UNSUPPORTED);
    }
    // The name of what it is counts for nothing.
    const answer = await send(await sharp(photo).png().toBuffer(), { type: 'image/webp' });
    expect(answer.body.contentType).toBe('image/png');
  });

  test('a bomb, a header of huge dimensions, a picture that moves, one that is cut off, and nothing at all', async () => {
    await refused(await bomb(), UNREADABLE);
    const png = await sharp(photo).png().toBuffer();
    const huge = Buffer.from(png);
    huge.writeUInt32BE(0x7fff_ffff, 16);
    huge.writeUInt32BE(0x7fff_ffff, 20);
    await refused(huge, UNREADABLE);
    const wide = Buffer.from(photo);
    const frame = wide.indexOf(Buffer.from([0xff, 0xc0]));
    const place = frame < 0 ? wide.indexOf(Buffer.from([0xff, 0xc2])) : frame;
    wide.writeUInt16BE(0xffff, place + 5);
    wide.writeUInt16BE(0xffff, place + 7);
    await refused(wide, UNREADABLE);
    await refused(await animation(), UNREADABLE);
    await refused(photo.subarray(0, 400), UNREADABLE);
    await refused(png.subarray(0, 60), UNREADABLE);
    await refused(new Uint8Array(0), UNREADABLE);
  });

  test('more bytes than 8 MiB, at the origin and at the edge, where fewer pass', async () => {
    const tooMuch = Buffer.concat([photo, Buffer.alloc(MAX_PICTURE_BYTES + 1 - photo.length)]);
    await refused(tooMuch, ['body_too_large']);
    const edge = await openEdgeBefore(shop);
    const post = (body: Uint8Array) =>
      fetch(`${edge.url}${UPLOAD_PATH}`, {
        method: 'POST',
        headers: {
          ...{ authorization: `Bearer ${seller}`, 'content-type': 'image/png' },
          'cf-connecting-ip': '203.0.113.9',
        },
        body: new Uint8Array(body),
      });
    const refusal = await post(tooMuch);
    expect([refusal.status, ((await refusal.json()) as { code: string }).code]).toEqual([
      413,
      'body_too_large',
    ]);
    const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
    const large = await sharp({ create: { width: 900, height: 700, channels: 3, background: '#888', noise } })
      .png({ compressionLevel: 0 })
      .toBuffer();
    expect(large.byteLength).toBeGreaterThan(1024 * 1024);
    expect((await post(large)).status).toBe(201);
    await edge.close();
  });

  test('a name, a path or a place to put it: there is nothing to ask for', async () => {
    const answer = await send(photo, { query: '?name=../../etc/passwd' });
    expectProblem(answer, 'invalid_input');
    for (const name of ['..%2f..%2fetc%2fpasswd', 'p.%00.jpg', '%2e%2e']) {
      expect((await shop.call(`/media/${name}`)).status).toBeWithin(400, 500);
    }
  });
});

test('a user’s pictures have an end, in number and in bytes, and nobody else’s with them', async () => {
  const { token, userId } = await shop.signIn('seller');
  const small = await photograph({ width: 16, height: 16 });
  const { body } = await send(small, { token });
  const name = body.url.slice('/media/'.length);
  await shop.deps.db
    .update(mediaUploads)
    .set({ byteLength: 512 * 1024 * 1024 })
    .where(eq(mediaUploads.userId, userId));
  expectProblem(await send(await photograph({ width: 17, height: 16 }), { token }), 'uploads_full');
  expect((await send(small, { token })).status).toBe(200);
  await shop.deps.db.update(mediaUploads).set({ byteLength: 1 }).where(eq(mediaUploads.userId, userId));
  await shop.deps.db.execute(sql`
    insert into media_uploads (user_id, sent_hash, name, byte_length)
    select ${userId}::uuid, 'hash-' || n, ${name}, 1 from generate_series(1, 4999) n`);
  expectProblem(await send(await photograph({ width: 18, height: 16 }), { token }), 'uploads_full');
  expect((await send(await photograph({ width: 19, height: 16 }))).status).toBe(201);
});

test('one whose decoder is away for now is told to come again, and nothing is kept', async () => {
  const before = await countFiles();
  const at = shop.beside({ cleanPicture: async () => ({ kind: 'failed' }) });
  expectProblem(await send(await photograph({ width: 20, height: 16 }), { at }), 'unavailable');
  expect(await countFiles()).toBe(before);
});
