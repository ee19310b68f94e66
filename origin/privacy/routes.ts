/** One's own data over HTTP. */

import { Elysia } from 'elysia';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { forRequest } from '#origin/http/context.ts';
import { operation } from '#origin/http/openapi.ts';
import { PROOF_FAILURES, Proof } from '#origin/second-factor/service.ts';
import { PersonalData } from './model.ts';
import { eraseOneself, exportOwnData } from './service.ts';

export function privacyRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'privacy', prefix: '/api/v1/me', normalize: false })
    .use(auth(tokens))
    .onBeforeHandle(({ set }) => {
      Object.assign(set.headers, PRIVATE);
    })
    .post(
      '/export',
      async ({ body, caller, request, set }) => {
        set.headers['content-disposition'] = 'attachment; filename="hotshelf-data.json"';
        return exportOwnData(forRequest(deps, request), signedIn(caller).userId, body);
      },
      {
        access: 'user',
        body: Proof,
        detail: operation({
          id: 'exportOwnData',
          summary: 'Everything that the shop holds of you',
          description:
            'Account, orders, carts, reviews and all else, as JSON. Takes the password, and a code where there is one.',
          tag: 'Accounts',
          success: { status: 200, description: 'As a file.', schema: PersonalData },
          failures: PROOF_FAILURES,
        }),
      },
    )
    .post(
      '/erasure',
      async ({ body, caller, request, set }) => {
        await eraseOneself(forRequest(deps, request), signedIn(caller).userId, body);
        set.status = 204;
      },
      {
        access: 'user',
        body: Proof,
        detail: operation({
          id: 'eraseOneself',
          summary: 'Have yourself taken out of the shop, for good',
          description:
            'Your account, sessions, carts, cards, keys, reviews, wish lists and views go. Your orders stay on the books without your name, ' +
            'address and email. It is too early while one waits for its payment or for being sent, or something of it is ' +
            'being sent back: cancel it, or wait.',
          tag: 'Accounts',
          success: { status: 204, description: 'Nothing says any more who you were.' },
          failures: [...PROOF_FAILURES, 'erasure_in_office', 'erasure_too_early'],
        }),
      },
    );
}
