/** Static files under names that carry the hash of their content: whoever has one never needs to ask again. */

import { createHash } from 'node:crypto';
import { present } from '#lib/assert.ts';
import { AppError } from '#lib/problems.ts';
import { matches } from './caching.ts';

const IMMUTABLE = 'public, max-age=31536000, immutable';
const HASH_CHARACTERS = 16;
const NOT_MODIFIED = 304;
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  png: 'image/png',
};

export interface Assets {
  /** The hashed path of a file, by its plain name. */
  readonly pathOf: (name: string) => string;
  /** @throws {AppError} `not_found` for any name but a hashed one */
  answer(hashedName: string, request: Request): Response;
}

/** What is made at the first request comes from a function. */
type Source = Bun.BunFile | string | (() => Promise<string>);

interface Asset {
  readonly hashedName: string;
  readonly source: Bun.BunFile | string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Reads the files when it is called first; they are not held in memory. */
export function createAssets(
  folder: string,
  sources: Readonly<Record<string, Source>>,
): () => Promise<Assets> {
  let assets: Promise<Assets> | undefined;
  const read = async (): Promise<Assets> => {
    const named = await Promise.all(
      Object.entries(sources).map(async ([name, source]) => [name, await describe(name, source)] as const),
    );
    const byName = new Map(named);
    const byHashedName = new Map(named.map(([, asset]) => [asset.hashedName, asset]));
    return {
      pathOf: (name) => `${folder}${present(byName.get(name), `the asset ${name}`).hashedName}`,
      answer: (hashedName, request) => {
        const asset = byHashedName.get(hashedName);
        if (asset === undefined) throw new AppError('not_found');
        return send(asset, request);
      },
    };
  };
  return () => {
    assets ??= read().catch((error: unknown) => {
      assets = undefined;
      throw error;
    });
    return assets;
  };
}

async function describe(name: string, given: Source): Promise<Asset> {
  const source = typeof given === 'function' ? await given() : given;
  const bytes = typeof source === 'string' ? source : await source.bytes();
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, HASH_CHARACTERS);
  const extension = present(name.split('.').at(-1), 'an extension');
  return {
    hashedName: `${name.slice(0, -extension.length)}${hash}.${extension}`,
    source,
    headers: {
      'content-type': present(CONTENT_TYPES[extension], `the content type of ${name}`),
      'cache-control': IMMUTABLE,
      etag: `"${hash}"`,
    },
  };
}

function send({ source, headers }: Asset, request: Request): Response {
  const isHeld = matches(request.headers.get('if-none-match'), headers['etag'] ?? '');
  return isHeld ? new Response(null, { status: NOT_MODIFIED, headers }) : new Response(source, { headers });
}
