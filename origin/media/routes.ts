/** Pictures over HTTP. */

import { Elysia } from 'elysia';
import { MAX_PICTURE_BYTES } from '#lib/edge-contract.ts';
import { AppError } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { matches, PRIVATE } from '#origin/http/caching.ts';
import { forRequest } from '#origin/http/context.ts';
import { countCostly } from '#origin/http/limits.ts';
import { operation } from '#origin/http/openapi.ts';
import { PictureName, PictureQuery, UploadedPicture } from './model.ts';
import { createUpload, type Picture, type PictureLife, readPicture } from './service.ts';

const OK = 200;
const CREATED = 201;

const NOT_MODIFIED = 304;
const CACHE_CONTROL: Readonly<Record<PictureLife, string>> = {
  for_good: 'public, max-age=31536000, immutable',
  day: 'public, max-age=86400, s-maxage=86400, stale-if-error=86400',
  moment: 'public, max-age=60, s-maxage=5',
};
/** An SVG opened by itself must not run anything: https://www.w3.org/TR/CSP3/#directive-sandbox */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

export function mediaRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'media', normalize: false }).use(reads(deps)).use(uploads(deps, tokens));
}

const BYTES = {
  schema: { type: 'string', format: 'binary', maxLength: MAX_PICTURE_BYTES },
  example: 'The bytes of the picture.',
} as const;

function uploads(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'media-uploads', prefix: '/api/v1/media', normalize: false })
    .use(auth(tokens))
    .post(
      '',
      async ({ body, caller, request }) => {
        await countCostly('upload', request, caller);
        if (!(body instanceof Uint8Array)) throw new AppError('unsupported_media_type');
        const { picture, isNew } = await createUpload(forRequest(deps, request), signedIn(caller), body);
        return Response.json(picture, { status: isNew ? CREATED : OK, headers: PRIVATE });
      },
      {
        access: 'products:write',
        detail: {
          ...operation({
            id: 'uploadPicture',
            summary: 'Send a picture for a product to show',
            description:
              'The picture itself is the body, of at most 8 MiB and 40 megapixels (AVIF: 16): JPEG, PNG, WebP or AVIF, ' +
              'whatever it is called. Of it the pixels are kept, no wider than 4,096 and in no more than 8 MiB, and nothing ' +
              'else: no place, no caption, no thumbnail. The same bytes again are the same picture. `changeProduct` shows it with a product of yours.',
            tag: 'Catalogue',
            success: [
              { status: CREATED, description: 'It is kept.', schema: UploadedPicture },
              { status: OK, description: 'You had sent it before.', schema: UploadedPicture },
            ],
            failures: ['unauthenticated', 'forbidden', 'picture_unreadable', 'uploads_full'],
          }),
          requestBody: {
            required: true,
            content: { 'image/jpeg': BYTES, 'image/png': BYTES, 'image/webp': BYTES, 'image/avif': BYTES },
          },
        },
      },
    );
}

function reads(deps: Deps) {
  return new Elysia({ normalize: false }).get(
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
