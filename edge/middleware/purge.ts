/** Makes every stored answer that carries one of the tags unusable, whichever isolate stored it. */

import type { Context } from 'hono';
import { timingSafeEqual } from 'hono/utils/buffer';
import { isTag } from '#edge/cache/tags.ts';
import type { EdgeEnv, Platform } from '#edge/platform.ts';
import { MAX_PURGE_TAGS } from '#lib/edge-contract.ts';
import { AppError } from '#lib/problems.ts';

export function purge({ config, store }: Pick<Platform, 'config' | 'store'>) {
  return async (c: Context<EdgeEnv>): Promise<Response> => {
    const bearer = /^bearer (.+)$/i.exec(c.req.header('authorization') ?? '')?.[1] ?? '';
    if (!(await timingSafeEqual(bearer, config.EDGE_PURGE_SECRET))) {
      throw new AppError('unauthenticated', {}, { reason: 'purge_secret' });
    }
    const tags = parseTags(parseJson(c.get('body')));
    await store.purge(tags);
    c.get('log').info('purged', { tags });
    return c.body(null, 204);
  };
}

function parseJson(body: Uint8Array | null): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body ?? undefined));
  } catch {
    return null;
  }
}

function parseTags(body: unknown): readonly string[] {
  const tags = typeof body === 'object' && body !== null && 'tags' in body ? body.tags : undefined;
  if (!Array.isArray(tags) || tags.length === 0 || tags.length > MAX_PURGE_TAGS || !tags.every(isTag)) {
    const message = `must be 1 to ${MAX_PURGE_TAGS} cache tags`;
    throw new AppError('invalid_input', { errors: [{ path: '/tags', message }] });
  }
  return tags;
}
