/** A revocation as it travels between processes. */

import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { SessionId, UserId } from '#lib/ids.ts';

/** All tokens of a session, or those of a user that are below an epoch. */
export type Revocation =
  | { readonly sessionId: SessionId }
  | { readonly userId: UserId; readonly epoch: number };

const Id = Type.String({ minLength: 36, maxLength: 36 });
const Revocations = Type.Array(
  Type.Union([
    Type.Object({ sessionId: Id }),
    Type.Object({ userId: Id, epoch: Type.Integer({ minimum: 0 }) }),
  ]),
);

export function encodeRevocations(revoked: readonly Revocation[]): string {
  return JSON.stringify(revoked satisfies Readonly<Static<typeof Revocations>>);
}

/** Null when the text is none. */
export function decodeRevocations(text: string): readonly Revocation[] | null {
  try {
    const value: unknown = JSON.parse(text);
    return Value.Check(Revocations, value) ? (value as unknown as readonly Revocation[]) : null;
  } catch {
    return null;
  }
}
