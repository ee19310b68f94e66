/** What a shopper has looked at, over HTTP. */

import { Elysia } from 'elysia';
import type { ProductId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { operation } from '#origin/http/openapi.ts';
import { NewView, Views, ViewsQuery } from './model.ts';
import * as views from './service.ts';

const NO_CONTENT = 204;
const tag = 'Catalogue';

export function viewRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'views', prefix: '/api/v1/me/views', normalize: false })
    .use(auth(tokens))
    .onBeforeHandle(({ set }) => {
      Object.assign(set.headers, PRIVATE);
    })
    .get('', async ({ caller, query }) => views.listViews(deps, signedIn(caller), query), {
      access: 'user',
      query: ViewsQuery,
      detail: operation({
        id: 'listViews',
        summary: 'What you have looked at',
        description: 'As your client has said with `noteView`; nobody else sees it.',
        tag,
        success: { status: 200, description: 'Kept for 90 days, 100 of them at most.', schema: Views },
        failures: ['unauthenticated'],
      }),
    })
    .post(
      '',
      async ({ body, caller, set }) => {
        await views.noteView(deps, signedIn(caller), body.productId as ProductId);
        set.status = NO_CONTENT;
      },
      {
        access: 'user',
        body: NewView,
        detail: operation({
          id: 'noteView',
          summary: 'Say that you look at a product',
          description:
            'For the list of what you have looked at, and for what is recommended. A client that does not ask keeps ' +
            'it to itself: the shop follows nobody.',
          tag,
          success: { status: NO_CONTENT, description: 'It is the first on your list.' },
          failures: ['unauthenticated', 'product_not_found'],
        }),
      },
    )
    .delete(
      '',
      async ({ caller, set }) => {
        await views.forgetViews(deps, signedIn(caller));
        set.status = NO_CONTENT;
      },
      {
        access: 'user',
        detail: operation({
          id: 'forgetViews',
          summary: 'Forget what you have looked at',
          description: 'What was learnt from it has nobody’s name to it, and stays.',
          tag,
          success: { status: NO_CONTENT, description: 'The list is empty.' },
          failures: ['unauthenticated'],
        }),
      },
    );
}
