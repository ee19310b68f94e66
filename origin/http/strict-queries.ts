/** A route that declares no query takes none: what nobody reads must not make a second address of the same thing. */

import { Elysia } from 'elysia';
import { AppError } from '#lib/problems.ts';

interface Route {
  readonly method: string;
  readonly path: string;
  readonly hooks: { readonly query?: unknown };
}

/** @param routes all there are, asked when a request comes */
export function strictQueries(routes: () => readonly Route[]) {
  let known: ReadonlySet<string> | undefined;
  return new Elysia({ name: 'strict-queries' }).onBeforeHandle({ as: 'global' }, ({ request, route }) => {
    const start = request.url.indexOf('?');
    if (start === -1) return;
    known ??= withoutQuery(routes());
    if (!known.has(`${request.method} ${route}`)) return;
    const [name] = new URLSearchParams(request.url.slice(start)).keys();
    if (name === undefined) return;
    throw new AppError('invalid_input', {
      errors: [{ path: `query/${name}`, message: 'is not known here' }],
    });
  });
}

function withoutQuery(routes: readonly Route[]): ReadonlySet<string> {
  const bare = routes.filter(({ path, hooks }) => path.startsWith('/api/') && hooks.query === undefined);
  return new Set(bare.map(({ method, path }) => `${method} ${path}`));
}
