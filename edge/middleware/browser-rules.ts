/** Puts on every answer what a browser is to hold it to, see `lib/security-headers.ts`. */

import { createMiddleware } from 'hono/factory';
import type { EdgeEnv, Platform } from '#edge/platform.ts';
import { FOR_ALL_SITES, secure } from '#lib/security-headers.ts';

/** Two years, as browsers' preload lists ask for. */
const STRICT_TRANSPORT_SECURITY = 'max-age=63072000; includeSubDomains';

export function browserRules({ PUBLIC_URL }: Pick<Platform['config'], 'PUBLIC_URL'>) {
  const isSecure = PUBLIC_URL.startsWith('https:');
  return createMiddleware<EdgeEnv>(async (c, next) => {
    await next();
    const { headers } = c.res;
    if (isSecure) headers.set('strict-transport-security', STRICT_TRANSPORT_SECURITY);
    if (c.get('route')?.isForAllSites === true) headers.set('cross-origin-resource-policy', FOR_ALL_SITES);
    secure(headers);
  });
}
