/** Products as files over HTTP. */

import { Elysia } from 'elysia';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { countCostly } from '#origin/http/limits.ts';
import { operation } from '#origin/http/openapi.ts';
import { ExportQuery, ProductCsv } from './model.ts';
import { exportFile } from './service.ts';

export function productFileRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'product-files', prefix: '/api/v1/exports', normalize: false })
    .use(auth(tokens))
    .get(
      '/products',
      async ({ caller, query, request }) => {
        await countCostly('export', request, caller);
        const { csv, nextCursor } = await exportFile(deps, signedIn(caller), query);
        const headers = new Headers({
          ...PRIVATE,
          'content-type': 'text/csv; charset=utf-8',
          'content-disposition': 'attachment; filename="products.csv"',
        });
        if (nextCursor !== null) headers.set('link', nextLink(request.url, nextCursor));
        return new Response(csv, { headers });
      },
      {
        access: 'products:write',
        query: ExportQuery,
        detail: operation({
          id: 'exportProducts',
          summary: 'Your products as a Shopify product file',
          description:
            'A seller’s own; for an admin everybody’s, or those of one seller. The import reads the file back without ' +
            'difference. A text that a spreadsheet would take for a formula stands after an apostrophe, which the import ' +
            'takes away again. Where there are more products, `Link` (`rel="next"`, RFC 8288) has the address of the next ' +
            'file; a file that ends before its last line is whole is to be asked for again.',
          tag: 'Catalogue',
          success: { status: 200, description: 'The file.', schema: ProductCsv, mediaType: 'text/csv' },
          failures: ['unauthenticated', 'forbidden'],
        }),
      },
    );
}

/** Relative to where the file is: a client came through the edge, under another host. */
function nextLink(url: string, cursor: string): string {
  const { pathname, searchParams } = new URL(url);
  searchParams.set('cursor', cursor);
  return `<${pathname}?${searchParams}>; rel="next"`;
}
