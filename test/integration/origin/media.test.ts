/** Pictures from the origin: as they are and at a width, in each format, whatever the picture is like. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import sharp from 'sharp';
import { AppError } from '#lib/problems.ts';
import { hashOf } from '#origin/media/picture-cache.ts';
import { eventually } from '#test/support/eventually.ts';
import { edgePass, type OriginUnderTest, openOrigin, type Reachable } from '#test/support/origin.ts';
import { animation, bomb, drawing, photograph, publish } from '#test/support/pictures.ts';
import { expectProblem, pathsOf } from '#test/support/problem-document.ts';

const SIZE = { width: 1_000, height: 750 };
const MOMENT = 'public, max-age=60, s-maxage=5';
const DAY = 'public, max-age=86400, s-maxage=86400, stale-if-error=86400';

let shop: OriginUnderTest;
let photo: Buffer;
beforeAll(async () => {
  shop = await openOrigin();
  photo = await photograph(SIZE);
  await publish(shop.deps, 'photo.jpg', 'image/jpeg', photo);
});
afterAll(async () => {
  await shop.close();
});

async function getOnce(target: string, headers: Record<string, string> = {}, from: Reachable = shop) {
  const response = await from.fetch(
    new Request(`http://localhost/media/${target}`, {
      headers: { ...edgePass(), ...headers },
    }),
  );
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    cacheControl: response.headers.get('cache-control'),
    etag: response.headers.get('etag') ?? '',
    headers: response.headers,
    bytes: Buffer.from(await response.arrayBuffer()),
  };
}

/** On a machine that is busy with other tests a picture may take longer than a shopper is let wait. */
function get(target: string, headers: Record<string, string> = {}) {
  return eventually(`${target} is made`, async () => {
    const answer = await getOnce(target, headers);
    return answer.cacheControl !== MOMENT && answer;
  });
}

describe('without a width', () => {
  test('a picture comes as it is and may be kept for a day', async () => {
    const answer = await get('photo.jpg');
    expect(answer).toMatchObject({ status: 200, type: 'image/jpeg', cacheControl: DAY });
    expect(answer.bytes.equals(photo)).toBeTrue();
    expect((await get('photo.jpg', { 'if-none-match': answer.etag })).status).toBe(304);
    expectProblem(await shop.call('/media/no-such.jpg'), 'not_found');
    expectProblem(await shop.call('/media/no-such.jpg?w=320'), 'not_found');
  });

  test('an SVG that is opened by itself runs nothing', async () => {
    const body = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
    await publish(shop.deps, 'mug.svg', 'image/svg+xml', body);
    const answer = await get('mug.svg');
    expect(answer.type).toBe('image/svg+xml');
    expect(answer.bytes.equals(body)).toBeTrue();
    expect(answer.headers.get('content-security-policy')).toMatch(/default-src 'none'.*sandbox/);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('only a name with the hash of what it names is good for ever', async () => {
    const body = await photograph({ width: 64, height: 64 });
    const named = `photo.${hashOf(body).slice(0, 16)}.jpg`;
    await publish(shop.deps, named, 'image/jpeg', body);
    await publish(shop.deps, 'photo.0123456789abcdef.jpg', 'image/jpeg', body);
    const forGood = 'public, max-age=31536000, immutable';
    expect((await get(named)).cacheControl).toBe(forGood);
    expect((await get(`${named}?w=160&format=webp`)).cacheControl).toBe(forGood);
    expect((await get('photo.0123456789abcdef.jpg')).cacheControl).toBe(DAY);
  });
});

describe('at a width', () => {
  test.each([
    ['w=160', 160, 'jpeg', 'image/jpeg'],
    ['w=320&format=original', 320, 'jpeg', 'image/jpeg'],
    ['w=480&format=webp', 480, 'webp', 'image/webp'],
    ['w=640&format=avif', 640, 'heif', 'image/avif'],
    ['w=960&format=webp', 960, 'webp', 'image/webp'],
  ])('%s is %p pixels wide, in its format, and smaller', async (query, width, format, type) => {
    const answer = await get(`photo.jpg?${query}`);
    expect(answer).toMatchObject({ status: 200, type, cacheControl: DAY });
    expect(answer.bytes.length).toBeLessThan(photo.length);
    expect(await sharp(answer.bytes).metadata()).toMatchObject({ format, width, height: width * 0.75 });
  });

  test('a picture that is narrower is not enlarged', async () => {
    for (const width of [1280, 1920]) {
      const { bytes } = await get(`photo.jpg?w=${width}&format=webp`);
      expect(await sharp(bytes).metadata()).toMatchObject(SIZE);
    }
  });

  test('a picture that would only grow comes as it is', async () => {
    const tiny = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#fff' } })
      .webp()
      .toBuffer();
    await publish(shop.deps, 'tiny.webp', 'image/webp', tiny);
    const answer = await get('tiny.webp?w=160&format=avif');
    expect(answer.type).toBe('image/webp');
    expect(answer.bytes.equals(tiny)).toBeTrue();
  });

  test('each format has a validator of its own', async () => {
    const asked = ['photo.jpg', 'photo.jpg?w=320&format=webp', 'photo.jpg?w=320&format=avif'];
    const answers = await Promise.all(asked.map((target) => get(target)));
    expect(new Set(answers.map(({ etag }) => etag)).size).toBe(asked.length);
    const [, webp] = answers;
    const again = await get('photo.jpg?w=320&format=webp', { 'if-none-match': webp?.etag ?? '' });
    expect(again).toMatchObject({ status: 304, etag: webp?.etag, cacheControl: DAY });
    expect(again.bytes).toHaveLength(0);
    expect((await get('photo.jpg?w=320&format=avif', { 'if-none-match': webp?.etag ?? '' })).status).toBe(
      200,
    );
  });

  test('what stands in the file beside the picture does not go out, and it stands upright', async () => {
    const body = await (await drawing({ width: 400, height: 200 }))
      .withExif({ IFD0: { Copyright: 'a secret place' }, IFD3: { GPSLatitude: '52/1 30/1 0/1' } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    await publish(shop.deps, 'turned.jpg', 'image/jpeg', body);
    const metadata = await sharp((await get('turned.jpg?w=160&format=original')).bytes).metadata();
    expect(metadata).toMatchObject({ width: 160, height: 320 });
    expect(metadata.exif).toBeUndefined();
    expect(metadata.orientation).toBeUndefined();
  });

  test('what is scalable or moves comes as it is', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>');
    const moving = await animation();
    await publish(shop.deps, 'scalable.svg', 'image/svg+xml', svg);
    await publish(shop.deps, 'moving.webp', 'image/webp', moving);
    const drawn = await get('scalable.svg?w=320&format=avif');
    expect(drawn).toMatchObject({ status: 200, type: 'image/svg+xml' });
    expect(drawn.bytes.equals(svg)).toBeTrue();
    expect((await get('moving.webp?w=160&format=avif')).bytes.equals(moving)).toBeTrue();
  });

  test('anything that is not on offer is refused by name', async () => {
    const refusals: readonly (readonly [string, string])[] = [
      ['w=321', 'query/w'],
      ['w=0', 'query/w'],
      ['w=-160', 'query/w'],
      ['w=160.0', 'query/w'],
      ['w=0160', 'query/w'],
      ['w=1e3', 'query/w'],
      ['w=', 'query/w'],
      ['w=160&w=320', 'query/w'],
      ['w=160&format=gif', 'query/format'],
      ['format=webp', 'query/format'],
      ['w=160&h=160', 'query/h'],
    ];
    for (const [query, path] of refusals) {
      const answer = await shop.call(`/media/photo.jpg?${query}`);
      expectProblem(answer, 'invalid_input');
      expect(pathsOf(answer), query).toEqual([path]);
    }
    const { body } = await shop.call('/media/photo.jpg?w=321');
    expect(body.errors[0].message).toBe('must be one of 160, 320, 480, 640, 960, 1280, 1920');
  });
});

describe('a picture that is not what it should be', () => {
  test('is refused as such, and the next one is served', async () => {
    const hostile: Readonly<Record<string, Uint8Array>> = {
      'bomb.png': await bomb(),
      'cut.jpg': photo.subarray(0, photo.length / 2),
      'junk.jpg': Buffer.concat([photo.subarray(0, 4), crypto.getRandomValues(Buffer.alloc(20_000))]),
      'text.png': Buffer.from('this is no picture at all'),
      'svg.png': Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="99999" height="99999"/>'),
      'large.jpg': Buffer.concat([photo, Buffer.alloc(8 * 1024 * 1024)]),
      'empty.webp': Buffer.alloc(0),
    };
    for (const [name, body] of Object.entries(hostile)) {
      await publish(shop.deps, name, `image/${name.endsWith('.jpg') ? 'jpeg' : name.split('.')[1]}`, body);
      const answer = await eventually(`${name} is looked at`, async () => {
        const given = await shop.call(`/media/${name}?w=320`);
        return given.status !== 200 && given;
      });
      expectProblem(answer, 'picture_unreadable');
      expect((await get(name)).bytes.equals(body)).toBeTrue();
    }
    expect((await get('photo.jpg?w=640&format=original')).status).toBe(200);
  });
});

test('many who ask for one picture at once wait for one', async () => {
  await publish(shop.deps, 'crowd.jpg', 'image/jpeg', await photograph(SIZE));
  const made = async () => {
    const { body } = await shop.deps.metrics.expose();
    return Number(/^pictures_made_total\{format="webp",outcome="made"\} (\d+)/m.exec(body)?.[1] ?? 0);
  };
  const before = await made();
  const answers = await Promise.all(Array.from({ length: 100 }, () => get('crowd.jpg?w=160&format=webp')));
  expect(new Set(answers.map(({ etag }) => etag)).size).toBe(1);
  expect(answers.every(({ type }) => type === 'image/webp')).toBeTrue();
  expect((await made()) - before).toBe(1);
});

describe('while pictures cannot be made', () => {
  test.each([
    ['fails', () => Promise.reject(new AppError('unavailable'))],
    ['never ends', () => new Promise<never>(() => {})],
  ])('because it %s, they come as they are, for a moment', async (_how, read) => {
    const beside = shop.beside({ pictures: { read } });
    const answer = await getOnce('photo.jpg?w=320&format=avif', {}, beside);
    expect(answer).toMatchObject({ status: 200, type: 'image/jpeg', cacheControl: MOMENT });
    expect(answer.bytes.equals(photo)).toBeTrue();
  });
});
