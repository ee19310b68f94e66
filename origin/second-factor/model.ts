/** What the second factor takes and answers. */

import { Type } from '@sinclair/typebox';
import { type Static, t } from 'elysia';
import { KnownPassword } from '#origin/credentials/service.ts';
import { closedObject } from '#origin/http/schemas.ts';

const MAX_CODE_LENGTH = 40;

const Code = t.String({
  minLength: 1,
  maxLength: MAX_CODE_LENGTH,
  description: 'From the authenticator, or a recovery code.',
});

export const PasswordOnly = closedObject(
  { password: KnownPassword },
  { examples: [{ password: 'correct horse battery' }] },
);

export const CodeOnly = closedObject({ code: Code }, { examples: [{ code: '492039' }] });

/** That it is the owner who asks: the code only where there is a second factor. */
export const Proof = closedObject(
  { password: KnownPassword, code: t.Optional(Code) },
  { examples: [{ password: 'correct horse battery', code: '492039' }] },
);
export type Proof = Static<typeof Proof>;

/** What whoever gives one may be refused with. */
export const PROOF_FAILURES = [
  'unauthenticated',
  'password_wrong',
  'second_factor_required',
  'second_factor_invalid',
  'second_factor_throttled',
] as const;

export const SecondFactor = t.Object(
  {
    enabled: t.Boolean(),
    required: t.Boolean({ description: "Whether your role's rights need one." }),
    recoveryCodesLeft: Type.Integer({ minimum: 0 }),
  },
  { examples: [{ enabled: true, required: false, recoveryCodesLeft: 10 }] },
);
export type SecondFactor = Static<typeof SecondFactor>;

export const Enrolment = t.Object(
  {
    secret: t.String({ description: 'In base32, for an authenticator that cannot read the URI.' }),
    uri: t.String({ description: 'For a QR code.' }),
  },
  {
    examples: [
      {
        secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
        uri: 'otpauth://totp/Hotshelf:ada%40example.com?issuer=Hotshelf&secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
      },
    ],
  },
);
export type Enrolment = Static<typeof Enrolment>;

export const RecoveryCodes = t.Object(
  {
    recoveryCodes: t.Array(t.String(), { description: 'Shown this once. Each stands in for a code, once.' }),
  },
  { examples: [{ recoveryCodes: ['8K2M4Q-ZX7R1T-0W9E3V-5H6J8N'] }] },
);
export type RecoveryCodes = Static<typeof RecoveryCodes>;
