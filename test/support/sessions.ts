/** Logging in and carrying on, as an API client and as a browser does. */

import { SESSION_COOKIE, SESSION_TRANSPORT_HEADER } from '#lib/edge-contract.ts';
import { type Answer, type Call, type Reachable, SHOP_ORIGIN, TEST_PASSWORD } from './origin.ts';

/** What a page of the shop sends, beside its cookie. */
export const FROM_PAGE: Readonly<Record<string, string>> = {
  [SESSION_TRANSPORT_HEADER]: 'cookie',
  origin: SHOP_ORIGIN,
  'sec-fetch-site': 'same-origin',
};

/** A client at an address of its own. */
export const at = (ip: string, userAgent = 'Test/1') => ({ ip, headers: { 'user-agent': userAgent } });

type From = Pick<Call, 'headers' | 'ip'>;

export function login(shop: Reachable, email: string, from: From = {}): Promise<Answer> {
  const body = { email, password: TEST_PASSWORD };
  return shop.call('/api/v1/auth/login', { method: 'POST', body, ...from });
}

export function refresh(shop: Reachable, refreshToken: string, from: From = {}): Promise<Answer> {
  return shop.call('/api/v1/auth/refresh', { method: 'POST', body: { refreshToken }, ...from });
}

export function logout(shop: Reachable, refreshToken: string): Promise<Answer> {
  return shop.call('/api/v1/auth/logout', { method: 'POST', body: { refreshToken } });
}

export const me = (shop: Reachable, token: string) => shop.call('/api/v1/me', { token });

/** The value that an answer puts into the session's cookie. */
export function cookieIn({ headers }: Pick<Answer, 'headers'>): string {
  const [pair = ''] = (headers.get('set-cookie') ?? '').split(';');
  if (!pair.startsWith(`${SESSION_COOKIE}=`)) throw new Error('the answer sets no session cookie');
  return pair.slice(SESSION_COOKIE.length + 1);
}

/** A call on a route of sign-in by a page of the shop. */
export function fromPage(
  shop: Reachable,
  verb: string,
  cookie: string,
  headers: Call['headers'] = FROM_PAGE,
) {
  const cookies = { cookie: `${SESSION_COOKIE}=${cookie}` };
  return shop.call(`/api/v1/auth/${verb}`, { method: 'POST', body: {}, headers: { ...cookies, ...headers } });
}
