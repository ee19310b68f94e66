/** ASVS 5.0.0: V11 Cryptography, V12 Secure Communication, V14 Data Protection. */

import { held, inapplicable, integration, origin, type Requirement, security, unit } from './requirement.ts';

const SEALED = unit('db/field-cipher', 'does not open with any bit of it changed, or cut off anywhere');
const ARGON = origin('accounts', 'keeps its password as argon2id, at no less than what OWASP asks for');
const TLS_ORIGIN = security('tls', 'the origin with a certificate speaks TLS 1.3 and nothing else');
const OLD_TLS = security('tls', 'that speaks nothing above TLS 1.2 is not spoken to');
const OTHER_HOST = security('tls', 'with the certificate of another host is not spoken to');
const IN_THE_CLEAR = security('tls', 'are not spoken to in the clear where TLS was asked for');
const PLATFORM = 'The network in front of the edge ends TLS; the edge sends HSTS.';
const LETTERS = security(
  'credentials',
  'is in the mail alone: neither in the database nor in an event nor in the logs',
);
const PRIVATE = security('edge-cache', 'a private answer is not left behind for others');

export const V11: readonly Requirement[] = [
  held(
    '11.1.1',
    'Keys are managed by a written policy',
    ['ops/security/keys.md', '## The policy'],
    security(
      'rolling-rotation',
      'through every step of every rotation, process by process and under load, no request fails',
    ),
  ),
  held(
    '11.1.2',
    'There is an inventory of what is encrypted and signed',
    unit('ops/security-pages', 'names every secret of %s'),
    unit('ops/security-pages', 'names every sealed column'),
  ),
  held(
    '11.2.1',
    'Cryptography is of known libraries',
    ['origin/http/access-tokens.ts', "from 'jose'"],
    ['db/field-cipher.ts', "from 'node:crypto'"],
  ),
  held(
    '11.2.2',
    'Keys can be replaced',
    security(
      'key-rotation',
      'through all steps of a rotation, process by process and under load, no request fails',
    ),
    integration('db/sealed-addresses', 'sells and sends receipts without a failure while its key is changed'),
  ),
  held(
    '11.2.3',
    'Nothing has fewer than 128 bits: AES-256, Ed25519, SHA-256',
    ['db/field-cipher.ts', 'AES-256-GCM'],
    ['origin/http/key-ring.ts', 'Ed25519'],
  ),
  held('11.3.1', 'No weak modes', ['db/field-cipher.ts', 'AES-256-GCM']),
  held(
    '11.3.2',
    'AES with GCM',
    ['db/field-cipher.ts', 'AES-256-GCM'],
    unit('ops/backup-stream', 'opens to what was sealed, at every length around a piece'),
  ),
  held(
    '11.3.3',
    'What is encrypted cannot be changed unseen',
    SEALED,
    unit('ops/backup-stream', 'hands out nothing of a piece that was changed'),
  ),
  held('11.4.1', 'Hashes are of the SHA-2 family', [
    'origin/second-factor/recovery-codes.ts',
    "createHash('sha256')",
  ]),
  held('11.4.2', 'Passwords are kept by argon2id', ARGON),
  held(
    '11.4.3',
    'Hashes that prove something have 256 bits',
    origin('audit-log', 'names the first row that is broken, when somebody with every right'),
  ),
  inapplicable('11.4.4', 'Keys out of passwords are stretched', 'No key is made of a password.'),
  held(
    '11.5.1',
    'Secrets are random, of 128 bits or more',
    ['origin/sessions/service.ts', 'randomBytes('],
    ['origin/credentials/mailed-tokens.ts', 'randomBytes('],
  ),
  held(
    '11.6.1',
    'Signatures are Ed25519',
    unit('origin/key-ring', 'RFC 8037’s key has RFC 8037’s thumbprint'),
    unit('origin/key-ring', 'a key that is none'),
  ),
];

export const V12: readonly Requirement[] = [
  held('12.1.1', 'TLS 1.3', TLS_ORIGIN, OLD_TLS),
  held('12.1.2', 'Suites are those of TLS 1.3', TLS_ORIGIN, OLD_TLS),
  inapplicable(
    '12.1.3',
    'Clients’ certificates are checked',
    'None are used: the edge proves itself by a signature.',
  ),
  inapplicable('12.2.1', 'The outside is reached by TLS only', PLATFORM),
  inapplicable('12.2.2', 'The outside has public certificates', PLATFORM),
  held(
    '12.3.1',
    'Whatever is spoken to, is by TLS, where the configuration says so',
    IN_THE_CLEAR,
    TLS_ORIGIN,
  ),
  held('12.3.2', 'Certificates are checked', OTHER_HOST),
  held('12.3.3', 'So is HTTP inside', TLS_ORIGIN),
  held(
    '12.3.4',
    'A CA of one’s own is named and trusted alone',
    security('tls', 'is reached by name and by address, when its certificate says so'),
    security('tls', 'that would encrypt to whoever answers is refused'),
  ),
];

export const V14: readonly Requirement[] = [
  held(
    '14.1.1',
    'Personal data is known by its places',
    ['db/personal-fields.ts', 'PERSONAL_FIELDS'],
    security('erasure', 'has something of every place where a person is named or pointed at'),
  ),
  held(
    '14.1.2',
    'What protects each is documented',
    ['ops/security/data.md', 'how long it stays'],
    unit('ops/security-pages', 'the page of data names every table, and none that is not there'),
  ),
  held(
    '14.2.1',
    'Nothing secret stands in a URL',
    security('json-bodies', 'a parameter that a route does not know is refused, whatever the route'),
    security(
      'card-numbers',
      'a card number in any parameter of the path, or of the query, known or not, is refused',
    ),
  ),
  held(
    '14.2.2',
    'Caches keep nothing private',
    PRIVATE,
    security('edge-cache', 'an answer that is one client’s alone is not given to the next'),
  ),
  held('14.2.3', 'Nothing goes to trackers', [
    'test/e2e/swagger-ui.test.ts',
    'the page and everything that it loads come from our own origin',
  ]),
  held(
    '14.2.4',
    'What is sealed, masked and erased is so',
    integration('db/sealed-addresses', 'keeps no address that whoever has the database could read'),
    LETTERS,
    security('erasure', 'is found nowhere, neither here nor at Stripe, and their orders add up'),
    security(
      'card-numbers',
      'of all that was sent here nothing is in a log line or in a row of the database',
    ),
  ),
  inapplicable(
    '14.3.1',
    'Pages forget at the end of a session',
    'The shop has no pages with data; the cookie is taken back at logout.',
  ),
  held(
    '14.3.2',
    'Browsers keep nothing private',
    security(
      'operation-access',
      'what is somebody else’s is not there, by every operation and for everybody: as if it did not exist',
    ),
    integration('edge/forwarding', 'other requests keep their credentials, and their answers are not shared'),
  ),
  held(
    '14.3.3',
    'Browsers’ storage has nothing but the session’s cookie',
    security(
      'session-cookie',
      'is out of reach of scripts, other hosts, plain HTTP and other sites, and its token in no body',
    ),
  ),
];
