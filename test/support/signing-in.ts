/** Logging in without the wait: all is as after any log-in, but for the password, which nobody holds against its hash. */

import { Elysia } from 'elysia';
import { CLIENT_IP_HEADER } from '#lib/edge-contract.ts';
import { LOOPBACK } from '#ops/local/ports.ts';
import { accountRoutes } from '#origin/accounts/routes.ts';
import type { AppConfig } from '#origin/app.ts';
import type { Deps } from '#origin/deps.ts';
import { createAccessTokens } from '#origin/http/access-tokens.ts';
import { createKeyRing } from '#origin/http/key-ring.ts';

/** For the tests of sign-in itself; everybody else's accounts share it. */
export const TEST_PASSWORD = 'a password of enough length';

/** Of {@link TEST_PASSWORD}, at what the shop pays for each: to make one takes as long as many a test. */
export const TEST_PASSWORD_HASH =
  '$argon2id$v=19$m=19456,t=2,p=1$+WhPK5+Z97dBnbSm1eMva2fCzRfKRYVYviNRfgYhsKg$qm5k961O3zVSRXE2TunuFlRs2HZRSHoS85mNqeEeeJw';

const KNOWN: Deps['passwords'] = {
  requireRoom: () => {},
  hash: async () => TEST_PASSWORD_HASH,
  verify: async (password, hash) => password === TEST_PASSWORD && hash === TEST_PASSWORD_HASH,
};

/** An access token for whoever's password that is, by the shop's own route. */
export type Entrance = (email: string) => Promise<string>;

export function openEntrance(deps: Deps, config: AppConfig): Entrance {
  const tokens = createAccessTokens(createKeyRing(config), deps.revocations, deps.accountPolicy);
  let app: { handle(request: Request): Promise<Response> } | undefined;
  return async (email) => {
    app ??= new Elysia({ normalize: false }).use(
      accountRoutes({ ...deps, passwords: KNOWN }, { tokens, origins: new Set() }),
    );
    const response = await app.handle(
      new Request('http://localhost/api/v1/auth/login', {
        method: 'POST',
        headers: { 'content-type': 'application/json', [CLIENT_IP_HEADER]: LOOPBACK },
        body: JSON.stringify({ email, password: TEST_PASSWORD }),
      }),
    );
    const { accessToken } = (await response.json()) as { accessToken?: string };
    if (accessToken === undefined) throw new Error(`logging in answered ${response.status}`);
    return accessToken;
  };
}
