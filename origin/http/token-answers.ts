/** What a log-in and a refresh answer: an access token, and the refresh token where the client keeps it. */

import { Elysia } from 'elysia';
import { SECOND_MS } from '#lib/clock.ts';
import { type Grant, REFRESH_TOKEN_LIFE_MS } from '#origin/sessions/service.ts';
import { ACCESS_TOKEN_LIFE_SECONDS, accessTokenSigner } from './access-tokens.ts';
import { PRIVATE } from './caching.ts';
import type { KeyRing } from './key-ring.ts';
import { type SessionTransport, setCookie } from './session-transport.ts';

interface Headers {
  headers: Record<string, string | number>;
}

const COOKIE_LIFE_SECONDS = REFRESH_TOKEN_LIFE_MS / SECOND_MS;

export function tokenAnswers(keys: KeyRing) {
  return new Elysia({ name: 'token-answers', seed: keys.signing.kid })
    .use(accessTokenSigner(keys))
    .derive({ as: 'scoped' }, ({ accessToken }) => ({
      answerWith: async (set: Headers, grant: Grant, transport: SessionTransport) => {
        const { userId: sub, sessionId: sid, role, epoch, refreshToken, cartId = null } = grant;
        const factors = grant.hasSecondFactor ? 2 : 1;
        const jti = crypto.randomUUID();
        const signed = await accessToken.sign({ sub, sid, role, epoch, factors, jti });
        Object.assign(set.headers, PRIVATE);
        const cart = cartId === null ? {} : { cartId };
        const answer = { accessToken: signed, expiresIn: ACCESS_TOKEN_LIFE_SECONDS, ...cart };
        if (refreshToken === null) return answer;
        if (transport === 'body') return { ...answer, refreshToken };
        set.headers['set-cookie'] = setCookie(refreshToken, COOKIE_LIFE_SECONDS);
        return answer;
      },
    }));
}
