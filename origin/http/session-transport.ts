/**
 * How a refresh token travels. API clients get it in a body. A page of the shop asks for a cookie by a header, which
 * no page elsewhere can send unasked, and must be what it says: without the header no cookie is ever read.
 */

import { CLIENT_IP_HEADER, SESSION_COOKIE, SESSION_TRANSPORT_HEADER } from '#lib/edge-contract.ts';
import { AppError } from '#lib/problems.ts';

export type SessionTransport = 'body' | 'cookie';

/** Who is at the other end, as far as one can see. */
export interface Client {
  /** At most {@link MAX_USER_AGENT_LENGTH} visible characters. */
  readonly userAgent: string | null;
  /** As the edge saw it. */
  readonly address: string | null;
}

const MAX_USER_AGENT_LENGTH = 300;
const NOT_VISIBLE = /[^\x20-\x7e]/g;
const OWN_SITES: readonly (string | null)[] = [null, 'same-origin', 'same-site'];
/** Not `Lax`: nothing that another site links to needs it. */
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Strict';

/** Origins of pages that may sign in with a cookie, as `SHOP_ORIGINS` lists them. */
export function parseOrigins(list: string): ReadonlySet<string> {
  return new Set(list.split(',').filter((origin) => origin !== ''));
}

/** @throws {AppError} `csrf_refused` when a cookie is asked for by what is no page of the shop */
export function transportOf({ headers }: Request, origins: ReadonlySet<string>): SessionTransport {
  if (headers.get(SESSION_TRANSPORT_HEADER) !== 'cookie') return 'body';
  const isOurs = origins.has(headers.get('origin') ?? '');
  if (!isOurs || !OWN_SITES.includes(headers.get('sec-fetch-site'))) throw new AppError('csrf_refused');
  return 'cookie';
}

/**
 * The token that came, the way that the client says it uses; null when its cookie has none.
 * @throws {AppError} `invalid_input` when it came another way
 */
export function presentedToken(
  { headers }: Request,
  transport: SessionTransport,
  inBody: string | undefined,
): string | null {
  if (transport === 'body') {
    if (inBody === undefined) throw misplaced('is required, unless the token is in the cookie');
    return inBody;
  }
  if (inBody !== undefined) throw misplaced('must be left out, for the token is in the cookie');
  return cookieOf(headers, SESSION_COOKIE);
}

export function clientOf({ headers }: Request): Client {
  const userAgent = headers.get('user-agent')?.replace(NOT_VISIBLE, '').slice(0, MAX_USER_AGENT_LENGTH);
  return { userAgent: userAgent || null, address: headers.get(CLIENT_IP_HEADER) };
}

export function setCookie(token: string, lifeSeconds: number): string {
  return `${SESSION_COOKIE}=${token}; Max-Age=${lifeSeconds}; ${ATTRIBUTES}`;
}

export const CLEARED_COOKIE = `${SESSION_COOKIE}=; Max-Age=0; ${ATTRIBUTES}`;

/** Null, too, when there are two: one of them was planted. */
export function cookieOf(headers: Headers, name: string): string | null {
  const values = (headers.get('cookie') ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  const [value] = values;
  return values.length === 1 && value !== undefined && /^[\w-]{1,200}$/.test(value) ? value : null;
}

function misplaced(message: string): AppError {
  return new AppError('invalid_input', { errors: [{ path: '/refreshToken', message }] });
}
