/** Reminders of carts over HTTP: how they are ended. They are asked for by `PATCH /me`. */

import { Elysia } from 'elysia';
import { STOP_REMINDERS_PATH } from '#lib/edge-contract.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { forRequest } from '#origin/http/context.ts';
import { operation } from '#origin/http/openapi.ts';
import { StopQuery } from './model.ts';
import { stopReminders } from './service.ts';

const NO_CONTENT = 204;

export function cartReminderRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'cart-reminders', normalize: false }).use(auth(tokens)).post(
    STOP_REMINDERS_PATH,
    // Mail programs of many people call from few addresses: it comes out of no budget of theirs.
    async ({ query, request, set }) => {
      Object.assign(set, { status: NO_CONTENT, headers: PRIVATE });
      await stopReminders(forRequest(deps, request), query.token);
    },
    {
      access: 'public',
      query: StopQuery,
      detail: operation({
        id: 'stopCartReminders',
        summary: 'Be reminded of carts no longer, by the link in such an email',
        description:
          'Mail programs call it as well, by one click (RFC 8058); what they send along is not read.',
        tag: 'Cart',
        success: { status: NO_CONTENT, description: 'None will come, if any would have.' },
      }),
    },
  );
}
