/** ASVS 5.0.0: V6 Authentication, V7 Session Management. */

import {
  held,
  inapplicable,
  integration,
  noneOf,
  open,
  origin,
  type Requirement,
  security,
  unit,
} from './requirement.ts';

const GUESSING = security(
  'limits',
  'that fails from many addresses makes strangers wait, longer each time; who has an account there or not',
);
const REFUSED = unit('origin/password-rules', 'a password is refused');
const TAKEN = unit('origin/password-rules', 'a password is taken');
const CHANGED = security(
  'credentials',
  'is changed by who knows it, which ends every other session and is told',
);
const RESET = security(
  'credentials',
  'ends every session, replaces the password, tells the owner, and works once',
);
const STOLEN = security(
  'second-factor',
  'turns no second factor on or off: it takes the password, and a code',
);
const STAFF = security(
  'second-factor',
  'one without has the rights of a shopper, and says so; with one, those of an admin',
);
const RECOVERY = security('second-factor', 'is kept as a hash, is nobody else’s, and ends with the next set');
const LIVES = security(
  'refresh-tokens',
  'ends after seven days, and its session after ninety however often it is used',
);
const OURS = 'The shop has no pages: those of a storefront are its own.';

export const V6: readonly Requirement[] = [
  held('6.1.1', 'How guessing is slowed, and nobody locked out, is documented', [
    'origin/adapters/login-throttle.ts',
    'failures keep nobody out of their own account at home',
  ]),
  held('6.1.2', 'Words that are no passwords here are listed', [
    'origin/credentials/password-rules.ts',
    'const SHOP_NAME',
  ]),
  held('6.1.3', 'All ways in are documented', ['origin/http/docs.ts', 'const SECURITY_SCHEMES']),
  held('6.2.1', 'Passwords have 15 characters or more', REFUSED),
  held('6.2.2', 'One can change one’s password', CHANGED),
  held('6.2.3', 'A change takes the old password and the new one', CHANGED),
  held('6.2.4', 'Common passwords are refused', REFUSED),
  held('6.2.5', 'No kind of character is asked for or refused', TAKEN),
  inapplicable('6.2.6', 'Password fields are masked', OURS),
  inapplicable('6.2.7', 'Password fields can be pasted into', OURS),
  held(
    '6.2.8',
    'A password is checked whole and as it came, but for how its letters are composed',
    security('credentials', 'is the same however its letters are composed'),
  ),
  held('6.2.9', 'Passwords of 64 characters are fine', TAKEN),
  inapplicable('6.2.10', 'Passwords do not expire', 'Nothing makes one expire.'),
  held('6.2.11', 'Words of the context are refused', REFUSED),
  held('6.2.12', 'Passwords of breaches are refused, the commonest by a list that a package brings', REFUSED),
  held(
    '6.3.1',
    'Guessing and stuffing are slowed',
    GUESSING,
    security('limits', 'at many accounts from one address makes the address wait, and no one else'),
    security('limits', 'is counted before it is made: a thousand at once are no thousand guesses'),
  ),
  held(
    '6.3.2',
    'There are no accounts of everybody’s',
    integration(
      'seed/seed',
      'in production the demo accounts, whose passwords are public, are made only when asked for',
    ),
  ),
  open(
    '6.3.3',
    'Nobody gets in by one factor alone',
    'Staff can be required to have two (SECOND_FACTOR_ROLES); shoppers choose, for who buys as a guest has no account at all.',
  ),
  held(
    '6.3.4',
    'No way in is weaker than another',
    STAFF,
    security('second-factor', 'the password alone does not log in, a code does'),
    security(
      'api-keys',
      'where sellers need a second factor, a key of one without has the rights of a shopper',
    ),
  ),
  held(
    '6.4.1',
    'First secrets are random, short-lived and used once',
    security('credentials', 'lets its owner in, and works once'),
    security('credentials', 'is worth nothing after half an hour'),
  ),
  inapplicable('6.4.2', 'No hints and no secret questions', 'There are none.'),
  held(
    '6.4.3',
    'A reset goes around no second factor',
    RESET,
    security('second-factor', 'the password alone does not log in, a code does'),
  ),
  held(
    '6.4.4',
    'Whoever has lost a factor proves as much as before',
    security('second-factor', 'stands in for a code once, however it is typed, and its use is told'),
    STOLEN,
  ),
  held(
    '6.5.1',
    'Codes work once',
    security('second-factor', 'a code works once, and none of a step before it works after'),
    security('second-factor', 'a code that comes at many places at once works at one'),
  ),
  held('6.5.2', 'Recovery codes, of 120 bits, are kept as hashes', RECOVERY, [
    'origin/second-factor/recovery-codes.ts',
    'CODE_BYTES = 15',
  ]),
  held(
    '6.5.3',
    'Secrets of factors are random',
    ['origin/second-factor/recovery-codes.ts', 'randomBytes(CODE_BYTES)'],
    RECOVERY,
  ),
  held('6.5.4', 'Recovery codes are long enough', [
    'origin/second-factor/recovery-codes.ts',
    'CODE_BYTES = 15',
  ]),
  held(
    '6.5.5',
    'Codes of the authenticator live 30 seconds',
    security('second-factor', 'codes are those of RFC 6238, appendix B'),
    security('second-factor', 'a code works once, and none of a step before it works after'),
  ),
  ...noneOf('Nothing is sent to be typed in again: the second factor is an authenticator.', {
    '6.6.1': 'Codes by telephone are an offer among better ones',
    '6.6.2': 'Such codes are bound to their request',
    '6.6.3': 'Guessing them is slowed',
  }),
  ...noneOf('There is no identity provider.', {
    '6.8.1': 'Providers are told apart',
    '6.8.2': 'Their assertions are signed',
    '6.8.3': 'Their assertions are used once',
    '6.8.4': 'Their strength is asked for',
  }),
];

const IN_A_SECOND = security('ended-sessions', '%s is over in every process within a second');

export const V7: readonly Requirement[] = [
  held('7.1.1', 'How long a session may rest and last is documented', LIVES, [
    'origin/sessions/service.ts',
    'DAY_MS',
  ]),
  held(
    '7.1.2',
    'How many sessions one may have is documented',
    origin('sessions', 'the hundred-and-first log-in ends the session that was used least recently'),
  ),
  inapplicable('7.1.3', 'Sessions with others are documented', 'There is no single sign-on.'),
  held('7.2.1', 'Tokens are verified by the server', security('access-tokens', 'a token is worth nothing')),
  held(
    '7.2.2',
    'Tokens of sessions are made anew, and are no API keys',
    security('refresh-tokens', 'is traded for a new pair, again and again, in one session'),
    security(
      'api-keys',
      'with every scope opens no route that names none: of one’s account and its keys, nothing',
    ),
  ),
  held(
    '7.2.3',
    'Tokens are random, of 128 bits or more',
    security('refresh-tokens', 'is kept as a hash only'),
    ['origin/sessions/service.ts', 'randomBytes('],
  ),
  held(
    '7.2.4',
    'Logging in makes a new session and ends the browser’s old one',
    security(
      'session-cookie',
      'a planted cookie is not made one’s own by logging in: session and token are new',
    ),
    security(
      'session-cookie',
      'logging in again ends the session that the browser had, and a wrong password does not',
    ),
  ),
  held('7.3.1', 'A session that rests ends', LIVES),
  held('7.3.2', 'A session ends in any case', LIVES),
  held(
    '7.4.1',
    'A session that has ended is worth nothing',
    IN_A_SECOND,
    security(
      'refresh-tokens',
      'is worth nothing after logout, twice over, and an unknown one has nothing to end',
    ),
  ),
  held(
    '7.4.2',
    'The sessions of an account that is closed end',
    IN_A_SECOND,
    origin('users', 'whoever is kept out has no session and gets none, until they are let in again'),
    security('erasure', 'cannot get in again by anything they had, and the email is free'),
  ),
  held(
    '7.4.3',
    'A changed factor ends the other sessions',
    CHANGED,
    RESET,
    security('second-factor', 'every session that was opened before has ended'),
  ),
  inapplicable('7.4.4', 'Every page shows how to log out', OURS),
  held(
    '7.4.5',
    'Admins end the sessions of anybody',
    origin('users', 'whoever is kept out has no session and gets none, until they are let in again'),
    origin('users', 'is what the next token says, and ends the sessions of the old one'),
  ),
  held(
    '7.5.1',
    'What one logs in by is changed by who logs in again',
    CHANGED,
    STOLEN,
    security('api-keys', 'are made by who knows the password, not by who has a session'),
  ),
  held(
    '7.5.2',
    'One sees one’s sessions and, having proven oneself again, ends them',
    origin('sessions', 'ends no other session, and not all, until one has logged in again'),
  ),
  ...noneOf('There is no single sign-on.', {
    '7.6.1': 'Sessions with an identity provider end as documented',
    '7.6.2': 'No session is opened without its user’s doing',
  }),
];
