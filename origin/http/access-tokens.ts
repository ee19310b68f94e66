/**
 * Access tokens, after RFC 8725: one algorithm, explicit type, issuer and audience, a key picked by `kid` from ours
 * alone. @elysiajs/jwt signs them. It holds one key for both directions and picks none by `kid`, so what verifies is
 * the jose beneath it.
 */

import { jwt } from '@elysiajs/jwt';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { t } from 'elysia';
import { createLocalJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { SECOND_MS } from '#lib/clock.ts';
import { isUuid, type SessionId, type UserId } from '#lib/ids.ts';
import type { AccountPolicy } from './account-policy.ts';
import { grantedRole } from './granted-role.ts';
import { ALGORITHM, type KeyRing } from './key-ring.ts';
import { ROLES, type Role } from './permissions.ts';
import type { Revocations } from './revocations.ts';

export const ACCESS_TOKEN_LIFE_SECONDS = 15 * 60;
const ISSUER = 'hotshelf';
const AUDIENCE = 'hotshelf-api';
/** RFC 8725, 3.11: no other JWT of ours, now or later, is taken for an access token. */
const TYPE = 'at+jwt';
/** Between the clocks of origins: a token may seem to be from the future, but never outlives its end. */
const CLOCK_TOLERANCE_SECONDS = 5;
const MAX_VERIFIED = 10_000;
const MAX_HEADER_LENGTH = 2_000;
const BEARER = /^Bearer ([\w.~+/=-]+)$/i;

/** What a good token says. */
export interface AccessClaims {
  readonly userId: UserId;
  readonly sessionId: SessionId;
  readonly role: Role;
  /** Of the user's role: one of before its last change is void. */
  readonly epoch: number;
  readonly expiresAtMs: number;
}

export interface AccessTokens {
  readonly keys: KeyRing;
  /**
   * What the token in an `Authorization` header says, or what is wrong with one that is worth nothing, be it that its
   * session has ended a moment ago. At once where the signature has been verified before and nobody has to be asked.
   * @throws {AppError} `unavailable` (from the promise) when nobody can tell whether it has.
   */
  verify(authorization: string): Verified | Promise<Verified>;
}

type Verified = AccessClaims | TokenFault;

/** For the security log; the client learns that it was refused. */
export type TokenFault =
  | 'malformed'
  | 'foreign_key'
  | 'foreign_algorithm'
  | 'foreign_claims'
  | 'forged'
  | 'expired'
  | 'revoked';

const FAULTS: Readonly<Record<string, TokenFault>> = {
  [errors.JWKSNoMatchingKey.code]: 'foreign_key',
  [errors.JOSEAlgNotAllowed.code]: 'foreign_algorithm',
  [errors.JWTClaimValidationFailed.code]: 'foreign_claims',
  [errors.JWSSignatureVerificationFailed.code]: 'forged',
  [errors.JWTExpired.code]: 'expired',
};

/** Decorates routes with `accessToken`, whose `sign` makes a token. */
export function accessTokenSigner({ signing }: KeyRing) {
  return jwt({
    name: 'accessToken',
    secret: signing,
    alg: ALGORITHM,
    kid: signing.kid,
    typ: TYPE,
    iss: ISSUER,
    aud: AUDIENCE,
    exp: `${ACCESS_TOKEN_LIFE_SECONDS}s`,
    schema: t.Object({
      sub: t.String(),
      sid: t.String(),
      role: t.Union([t.Literal('shopper'), t.Literal('seller'), t.Literal('admin')]),
      epoch: t.Number(),
      factors: t.Number(),
      jti: t.String(),
    }),
  });
}

const Payload = Type.Object({
  sub: Type.String(),
  sid: Type.String(),
  role: Type.Union(ROLES.map((role) => Type.Literal(role))),
  epoch: Type.Integer({ minimum: 0 }),
  factors: Type.Optional(Type.Integer()),
  exp: Type.Integer(),
});

/** @param policy of this moment: a role that needs a second factor by now is taken off tokens that were given without. */
export function createAccessTokens(
  keys: KeyRing,
  revocations: Revocations,
  policy: Pick<AccountPolicy, 'secondFactorRoles'>,
): AccessTokens {
  const keyOf = keyByName(keys);
  /**
   * By the whole header, none but good ones, and none for longer than this process has the keys that verified them. To
   * verify a signature takes a hundred times as long. What is here has still to be in time and not revoked.
   */
  const verified = new LRUCache<string, AccessClaims>({ max: MAX_VERIFIED });
  const unlessRevoked = (claims: AccessClaims) => (revocations.cover(claims) ? 'revoked' : claims);
  const unlessOver = (claims: AccessClaims): Verified | Promise<Verified> => {
    if (claims.expiresAtMs <= Date.now()) return 'expired';
    const catchingUp = revocations.catchUp();
    return catchingUp === null ? unlessRevoked(claims) : catchingUp.then(() => unlessRevoked(claims));
  };
  const verifyFirst = async (authorization: string) => {
    const token = BEARER.exec(authorization)?.[1];
    const found = token === undefined ? 'malformed' : await verifySignature(token, keyOf);
    if (typeof found === 'string') return found;
    const claims = { ...found, role: grantedRole(policy, found) };
    verified.set(authorization, claims);
    return unlessOver(claims);
  };
  return {
    keys,
    verify: (authorization) => {
      if (authorization.length > MAX_HEADER_LENGTH) return 'malformed';
      const claims = verified.get(authorization);
      return claims === undefined ? verifyFirst(authorization) : unlessOver(claims);
    },
  };
}

/** jose would try the only key there is for a token that names none. */
function keyByName({ published }: KeyRing): JWTVerifyGetKey {
  const keySet = createLocalJWKSet({ keys: published.map((key) => ({ ...key })) });
  return (header, token) => {
    if (typeof header?.kid !== 'string') throw new errors.JWKSNoMatchingKey();
    return keySet(header, token);
  };
}

async function verifySignature(token: string, keyOf: JWTVerifyGetKey): Promise<SignedClaims | TokenFault> {
  try {
    const { payload } = await jwtVerify(token, keyOf, {
      algorithms: [ALGORITHM],
      typ: TYPE,
      issuer: ISSUER,
      audience: AUDIENCE,
      requiredClaims: ['sub', 'exp', 'iat'],
      maxTokenAge: ACCESS_TOKEN_LIFE_SECONDS,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    });
    return toClaims(payload);
  } catch (error) {
    if (error instanceof errors.JOSEError) return FAULTS[error.code] ?? 'malformed';
    throw error;
  }
}

type SignedClaims = AccessClaims & { readonly hasSecondFactor: boolean };

function toClaims(payload: unknown): SignedClaims | TokenFault {
  if (!Value.Check(Payload, payload) || !isUuid(payload.sub) || !isUuid(payload.sid)) return 'foreign_claims';
  return {
    userId: payload.sub as UserId,
    sessionId: payload.sid as SessionId,
    role: payload.role,
    hasSecondFactor: payload.factors === 2,
    epoch: payload.epoch,
    expiresAtMs: payload.exp * SECOND_MS,
  };
}
