/** What an account's owner is told, as HTML and as plain text. None of it was typed by anybody who could mean harm. */

import type { AccountLetter } from '#origin/credentials/service.ts';
import type { Letter } from './receipt.ts';

interface Wording {
  readonly subject: string;
  readonly lines: readonly string[];
  /** Where the shop's pages take the token. */
  readonly page?: string;
}

const NOT_YOU = 'If that was not you, set a new password now: somebody else may know yours.';

const WORDINGS: Readonly<Record<AccountLetter['kind'], Wording>> = {
  verify_email: {
    subject: 'Is this your email?',
    lines: [
      'An account was opened with this email. To show that it is yours, use this within a day, with the password ' +
        'that you chose:',
      'If you opened none, do nothing, and type no password: without this it is never taken for yours.',
    ],
    page: 'verify-email',
  },
  already_registered: {
    subject: 'You have an account already',
    lines: [
      'Somebody wanted to open an account with this email, which has one. If that was you, choose a password for it ' +
        'within half an hour with this:',
      'If that was not you, do nothing: nobody was told that there is an account.',
    ],
    page: 'reset-password',
  },
  reset_password: {
    subject: 'A new password',
    lines: [
      'Somebody asked for a new password for your account. To set it, use this within half an hour:',
      'If that was not you, do nothing: your password stays as it is.',
    ],
    page: 'reset-password',
  },
  password_changed: {
    subject: 'Your password was changed',
    lines: [
      'The password of your account was changed, and every other session has ended.',
      'API keys of your account go on working. Revoke those that you do not know.',
      NOT_YOU,
    ],
  },
  password_reset: {
    subject: 'Your password was reset',
    lines: [
      'A new password was set for your account, and every session has ended.',
      'API keys of your account have ended, too: make new ones for the programs that you use.',
      NOT_YOU,
    ],
  },
  second_factor_enabled: {
    subject: 'Your second factor is on',
    lines: ['From now on logging in to your account takes a code from your authenticator.', NOT_YOU],
  },
  second_factor_removed: {
    subject: 'Your second factor is off',
    lines: ['Logging in to your account takes the password alone again.', NOT_YOU],
  },
  second_factor_guessed: {
    subject: 'Somebody knows your password',
    lines: [
      'Somebody logged in to your account with your password and then tried wrong codes, again and again.',
      NOT_YOU,
    ],
  },
  recovery_code_used: {
    subject: 'A recovery code was used',
    lines: ['Somebody used one of the recovery codes of your account. It does not work again.', NOT_YOU],
  },
  api_key_created: {
    subject: 'A new API key',
    lines: ['An API key was made for your account. If that was not you, revoke it.', NOT_YOU],
  },
};

/** @param shopUrl where the shop's pages are; without it the letter has the token alone. */
export function writeAccountLetter({ kind, token }: AccountLetter, shopUrl: string | undefined): Letter {
  const { subject, lines, page } = WORDINGS[kind];
  const [first = '', ...rest] = lines;
  const link = shopUrl === undefined || page === undefined ? null : `${shopUrl}/${page}#token=${token}`;
  const proof = token === null ? [] : link === null ? [token] : [link, `Or type: ${token}`];
  const paragraphs = [first, ...proof, ...rest];
  const body = paragraphs
    .map((text) => (text === link ? `<p><a href="${link}">${link}</a></p>` : `<p>${text}</p>`))
    .join('\n');
  return {
    subject,
    text: `${paragraphs.join('\n\n')}\n`,
    html: `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${subject}</title></head>
<body style="font-family: sans-serif; max-width: 40em; margin: 2em auto">
${body}
</body></html>
`,
  };
}
