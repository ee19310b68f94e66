/** Pictures over HTTP. */

import { Elysia } from 'elysia';
import type { Deps } from '#origin/deps.ts';
import { matches } from '#origin/http/caching.ts';
import { operation } from '#origin/http/openapi.ts';
import { PictureName, PictureQuery } from './model.ts';
import { type Picture, type PictureLife, readPicture } from './service.ts';

const NOT_MODIFIED = 304;
const CACHE_CONTROL: Readonly<Record<PictureLife, string>> = {
  for_good: 'public, max-age=31536000, immutable',
  day: 'public, max-age=86400, s-maxage=86400, stale-if-error=86400',
  moment: 'public, max-age=60, s-maxage=5',
};
/** An SVG opened by itself must not run anything: https://www.w3.org/TR/CSP3/#directive-sandbox */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

export function mediaRoutes(deps: Deps) {
  return new Elysia({ name: 'media', normalize: false }).get(
    '/media/:name',
    async ({ params, query, request }) => answer(await readPicture(deps, params.name, query), request),
    {
      params: PictureName,
      query: PictureQuery,
      detail: {
        ...operation({
          id: 'getPicture',
          summary: 'A picture, as it is or at a width',
          description:
            'With a width it comes in the best format that the client takes, and never enlarged. What is ' +
            'scalable or moves (SVG, GIF) comes as it is at any width. Under a plain name it may be kept for ' +
            'a day; under one that carries the hash of its content, for good.',
          tag: 'Catalogue',
          success: { status: 200, description: 'The picture.' },
          revalidates: true,
          failures: ['not_found', 'picture_unreadable'],
        }),
        security: [],
      },
    },
  );
}

function answer({ body, contentType, etag, life }: Picture, { headers }: Request): Response {
  const fields = { 'cache-control': CACHE_CONTROL[life], etag };
  if (matches(headers.get('if-none-match'), etag)) {
    return new Response(null, { status: NOT_MODIFIED, headers: fields });
  }
  return new Response(Buffer.from(body), {
    headers: {
      ...fields,
      'content-type': contentType,
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
    },
  });
}
