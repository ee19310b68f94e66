/** Notices of stock over HTTP. */

import { Elysia } from 'elysia';
import { STOP_NOTICES_PATH } from '#lib/edge-contract.ts';
import type { StockNoticeId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { forRequest } from '#origin/http/context.ts';
import { countCostly } from '#origin/http/limits.ts';
import { operation } from '#origin/http/openapi.ts';
import { Confirmation, NewStockNotice, NoticeParams, StockNotices, StopQuery } from './model.ts';
import { askForNotice, confirmNotice, listNotices, stopNotices, withdrawNotice } from './service.ts';

const ACCEPTED = 202;
const NO_CONTENT = 204;
const tag = 'Wish lists';

export function stockNoticeRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'stock-notices', prefix: '/api/v1', normalize: false })
    .use(auth(tokens))
    .onBeforeHandle(({ set }) => {
      Object.assign(set.headers, PRIVATE);
    })
    .use(mailedRoutes(deps, tokens))
    .use(ownRoutes(deps, tokens))
    .post(
      '/stock-notices',
      async ({ body, caller, request, set }) => {
        await countCostly('mailedTokens', request, caller);
        await askForNotice(forRequest(deps, request), caller, body);
        set.status = ACCEPTED;
      },
      {
        access: 'anyone',
        body: NewStockNotice,
        detail: operation({
          id: 'askForStockNotice',
          summary: 'Be told once a variant is back in stock',
          description:
            'By one email. An address that is not that of your account is asked first whether it wants it; the answer ' +
            'is the same whether it is known here or not.',
          tag,
          success: { status: ACCEPTED, description: 'It is noted, or an email asks first.' },
          failures: ['unauthenticated', 'variant_not_found', 'variant_in_stock', 'stock_notices_full'],
        }),
      },
    );
}

function mailedRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ normalize: false })
    .use(auth(tokens))
    .post(
      '/stock-notices/confirmation',
      async ({ body, request, set }) => {
        await countCostly('mailedTokens', request, null);
        await confirmNotice(forRequest(deps, request), body.token);
        set.status = NO_CONTENT;
      },
      {
        access: 'public',
        body: Confirmation,
        detail: operation({
          id: 'confirmStockNotice',
          summary: 'Confirm that an address wants to be told',
          description: 'By the token of the mail: nobody is told of anything who has not asked.',
          tag,
          success: { status: NO_CONTENT, description: 'It will be.' },
          failures: ['link_invalid'],
        }),
      },
    )
    .post(
      STOP_NOTICES_PATH.slice('/api/v1'.length),
      // Mail programs of many people call from few addresses: it comes out of no budget of theirs.
      async ({ query, request, set }) => {
        await stopNotices(forRequest(deps, request), query.token);
        set.status = NO_CONTENT;
      },
      {
        access: 'public',
        query: StopQuery,
        detail: operation({
          id: 'stopStockNotices',
          summary: 'Stop all such emails to an address, by the link in one of them',
          description:
            'Mail programs call it as well, by one click (RFC 8058); what they send along is not read.',
          tag,
          success: { status: NO_CONTENT, description: 'None will come, if any would have.' },
        }),
      },
    );
}

function ownRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ prefix: '/me/stock-notices', normalize: false })
    .use(auth(tokens))
    .get('', async ({ caller }) => listNotices(deps, signedIn(caller)), {
      access: 'user',
      detail: operation({
        id: 'listStockNotices',
        summary: 'What you wait for',
        description: 'And what you have been told of lately.',
        tag,
        success: { status: 200, description: 'The newest first.', schema: StockNotices },
        failures: ['unauthenticated'],
      }),
    })
    .delete(
      '/:id',
      async ({ caller, params, set }) => {
        await withdrawNotice(deps, signedIn(caller), params.id as StockNoticeId);
        set.status = NO_CONTENT;
      },
      {
        access: 'user',
        params: NoticeParams,
        detail: operation({
          id: 'withdrawStockNotice',
          summary: 'Wait for a variant no longer',
          description: 'The same as the link in the mail does.',
          tag,
          success: { status: NO_CONTENT, description: 'Nobody will tell you.' },
          failures: ['unauthenticated', 'stock_notice_not_found'],
        }),
      },
    );
}
