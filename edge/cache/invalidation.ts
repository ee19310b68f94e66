/** What an unsafe request makes invalid: its own URL and those its answer points at (RFC 9111 §4.4). */

import { urlTag } from './rule.ts';

const SAFE = ['GET', 'HEAD', 'OPTIONS', 'TRACE'];
const FIRST_SUCCESS = 200;
const FIRST_ERROR = 400;

/** The tags of those URLs; none after a safe request or a failure. */
export function invalidatedTags(request: Request, path: string, response: Response): readonly string[] {
  const hasChanged = response.status >= FIRST_SUCCESS && response.status < FIRST_ERROR;
  if (SAFE.includes(request.method) || !hasChanged) return [];
  const own = new URL(request.url);
  const named = ['location', 'content-location'].flatMap((name) => {
    const target = resolve(response.headers.get(name), own);
    return target?.origin === own.origin ? [target.pathname] : [];
  });
  return [...new Set([path, ...named])].map(urlTag);
}

/** Whether the answer to a POST says that it is what GET of the same URL gives (RFC 9110 §9.3.3). */
export function isAnswerToGet(request: Request, response: Response): boolean {
  const own = new URL(request.url);
  const content = resolve(response.headers.get('content-location'), own);
  return request.method === 'POST' && response.status === FIRST_SUCCESS && content?.href === own.href;
}

function resolve(reference: string | null, base: URL): URL | null {
  try {
    return reference === null ? null : new URL(reference, base);
  } catch {
    return null;
  }
}
