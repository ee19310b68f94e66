/** Passwords and the proof of an email over HTTP. */

import { Elysia } from 'elysia';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { forRequest } from '#origin/http/context.ts';
import { countCostly } from '#origin/http/limits.ts';
import { operation } from '#origin/http/openapi.ts';
import { EmailOnly, PasswordChange, PasswordReset, Verification } from './model.ts';
import { askReset, askVerification, changePassword, resetPassword, verifyEmail } from './service.ts';

const ACCEPTED = 202;
const NO_CONTENT = 204;
const SAME_ANSWER =
  'The answer is the same whether there is such an account or not; the email tells its owner.';

export function credentialRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'credentials', prefix: '/api/v1', normalize: false })
    .use(auth(tokens))
    .onBeforeHandle(({ set }) => {
      Object.assign(set.headers, PRIVATE);
    })
    .use(verificationRoutes(deps, tokens))
    .use(resetRoutes(deps, tokens))
    .post(
      '/me/password',
      async ({ body, caller, request, set }) => {
        await changePassword(forRequest(deps, request), signedIn(caller), body);
        set.status = NO_CONTENT;
      },
      {
        access: 'user',
        body: PasswordChange,
        detail: operation({
          id: 'changePassword',
          summary: 'Change your password',
          description: 'Ends every other session.',
          tag: 'Accounts',
          success: { status: 204, description: 'It is changed, and an email tells you so.' },
          failures: ['unauthenticated', 'password_wrong'],
        }),
      },
    );
}

function verificationRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ prefix: '/auth/email-verification', normalize: false })
    .use(auth(tokens))
    .post(
      '',
      async ({ body, request, set }) => {
        await countCostly('mailedTokens', request, null);
        await askVerification(forRequest(deps, request), body.email);
        set.status = ACCEPTED;
      },
      {
        access: 'public',
        body: EmailOnly,
        detail: operation({
          id: 'askEmailVerification',
          summary: 'Have the proof of your email mailed once more',
          description: SAME_ANSWER,
          tag: 'Accounts',
          success: {
            status: 202,
            description: 'If there is such an account to be verified, an email comes.',
          },
        }),
      },
    )
    .post(
      '/confirmation',
      async ({ body, request, set }) => {
        await countCostly('mailedTokens', request, null);
        await verifyEmail(forRequest(deps, request), body);
        set.status = NO_CONTENT;
      },
      {
        access: 'public',
        body: Verification,
        detail: operation({
          id: 'verifyEmail',
          summary: 'Prove that an email is yours',
          description:
            'By the token of the mail, which is good once and for a while, and the password that the account was ' +
            'opened with. Whoever does not know that, for somebody else has opened it, resets the password instead.',
          tag: 'Accounts',
          success: { status: 204, description: 'It is proven.' },
          failures: ['link_invalid', 'password_wrong'],
        }),
      },
    );
}

function resetRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ prefix: '/auth/password-reset', normalize: false })
    .use(auth(tokens))
    .post(
      '',
      async ({ body, request, set }) => {
        await countCostly('mailedTokens', request, null);
        await askReset(forRequest(deps, request), body.email);
        set.status = ACCEPTED;
      },
      {
        access: 'public',
        body: EmailOnly,
        detail: operation({
          id: 'askPasswordReset',
          summary: 'Have a token mailed that sets a new password',
          description: SAME_ANSWER,
          tag: 'Accounts',
          success: { status: 202, description: 'If there is such an account, an email comes.' },
        }),
      },
    )
    .post(
      '/confirmation',
      async ({ body, request, set }) => {
        await countCostly('mailedTokens', request, null);
        await resetPassword(forRequest(deps, request), body);
        set.status = NO_CONTENT;
      },
      {
        access: 'public',
        body: PasswordReset,
        detail: operation({
          id: 'resetPassword',
          summary: 'Set a new password with the token that was mailed',
          description:
            'Ends every session and API key of the account, and an email tells its owner. Where its email was yet to ' +
            'be proven, the second factor, the saved cards, the consents and the links to wish lists of whoever opened it end, too.',
          tag: 'Accounts',
          success: { status: 204, description: 'It is set.' },
          failures: ['link_invalid'],
        }),
      },
    );
}
