/** The second factor over HTTP. */

import { Elysia } from 'elysia';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { forRequest } from '#origin/http/context.ts';
import { operation } from '#origin/http/openapi.ts';
import {
  CodeOnly,
  Enrolment,
  PasswordOnly,
  PROOF_FAILURES,
  Proof,
  RecoveryCodes,
  SecondFactor,
} from './model.ts';
import { enable, enrol, readSecondFactor, removeSecondFactor, renewRecoveryCodes } from './service.ts';

export function secondFactorRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'second-factor', prefix: '/api/v1/me/second-factor', normalize: false })
    .use(auth(tokens))
    .onBeforeHandle(({ set }) => {
      Object.assign(set.headers, PRIVATE);
    })
    .get('', async ({ caller }) => readSecondFactor(deps, signedIn(caller).userId), {
      access: 'user',
      detail: operation({
        id: 'getSecondFactor',
        summary: 'Whether your account has a second factor',
        description: 'And how many recovery codes are left of it.',
        tag: 'Accounts',
        success: { status: 200, description: 'How it is.', schema: SecondFactor },
        failures: ['unauthenticated'],
      }),
    })
    .use(setUp(deps, tokens))
    .use(changes(deps, tokens));
}

function setUp(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ normalize: false })
    .use(auth(tokens))
    .post(
      '',
      async ({ body, caller, request, set }) => {
        set.status = 201;
        return enrol(forRequest(deps, request), signedIn(caller).userId, body.password);
      },
      {
        access: 'user',
        body: PasswordOnly,
        detail: operation({
          id: 'enrolSecondFactor',
          summary: 'Begin a second factor: a secret for your authenticator',
          description:
            'Nothing changes until a first code of that secret has confirmed it; asked again, the secret is another.',
          tag: 'Accounts',
          success: {
            status: 201,
            description: 'Confirm it by a code, or nothing changes.',
            schema: Enrolment,
          },
          failures: ['unauthenticated', 'password_wrong', 'second_factor_on'],
        }),
      },
    )
    .post(
      '/confirmation',
      async ({ body, caller, request }) =>
        enable(forRequest(deps, request), signedIn(caller).userId, body.code),
      {
        access: 'user',
        body: CodeOnly,
        detail: operation({
          id: 'enableSecondFactor',
          summary: 'Turn the second factor on by a first code',
          description: 'Ends every session: log in again, with a code.',
          tag: 'Accounts',
          success: { status: 200, description: 'Codes for when it is lost.', schema: RecoveryCodes },
          failures: [
            'unauthenticated',
            'second_factor_off',
            'second_factor_on',
            'second_factor_invalid',
            'second_factor_throttled',
          ],
        }),
      },
    );
}

function changes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ normalize: false })
    .use(auth(tokens))
    .post(
      '/recovery-codes',
      async ({ body, caller, request }) =>
        renewRecoveryCodes(forRequest(deps, request), signedIn(caller).userId, body),
      {
        access: 'user',
        body: Proof,
        detail: operation({
          id: 'renewRecoveryCodes',
          summary: 'New recovery codes in place of the old',
          description: 'Each is good once, and shown only here.',
          tag: 'Accounts',
          success: { status: 200, description: 'The new ones.', schema: RecoveryCodes },
          failures: [...PROOF_FAILURES, 'second_factor_off'],
        }),
      },
    )
    .post(
      '/removal',
      async ({ body, caller, request, set }) => {
        await removeSecondFactor(forRequest(deps, request), signedIn(caller).userId, body);
        set.status = 204;
      },
      {
        access: 'user',
        body: Proof,
        detail: operation({
          id: 'removeSecondFactor',
          summary: 'Turn the second factor off',
          description: 'Takes the password and a code; from then on the password alone logs in.',
          tag: 'Accounts',
          success: { status: 204, description: 'It is off.' },
          failures: [...PROOF_FAILURES, 'second_factor_off'],
        }),
      },
    );
}
