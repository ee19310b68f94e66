/** ASVS 5.0.0: V13 Configuration, V15 Secure Coding and Architecture, V16 Security Logging and Error Handling. */

import {
  held,
  inapplicable,
  integration,
  open,
  origin,
  type Requirement,
  security,
  unit,
} from './requirement.ts';

const ROLES = integration('db/roles', 'no role reads what is another’s');
const PROOF = security('edge-proof', 'what the edge signs for a client');
const NO_SECRETS = unit('lib/log', 'no secret reaches a line, wherever it stands');
const ONE_LINE = unit(
  'lib/log',
  'a line is one JSON object with time, level, message and the fields, bound ones first',
);
const SPOOFED = security(
  'edge-proof',
  'a client that sends %s is who it is, and its word does not reach the origin',
);
const FIELDS = security('mass-assignment', 'whatever else says one of them is refused, and changes nothing');
const UNEXPECTED = unit(
  'edge/app',
  'an unexpected failure is 500 and logged with its trace; its text reaches nobody',
);
const FUZZ = security(
  'document-fuzz',
  'whatever a request says, its answer is one that the document names, and none is a fault of ours',
);

export const V13: readonly Requirement[] = [
  held(
    '13.1.1',
    'With what the shop speaks is documented',
    ['README.md', 'PostgreSQL    the truth'],
    ['origin/config.ts', 'STRIPE_API_URL'],
  ),
  open(
    '13.2.1',
    'Parts prove themselves to each other by what does not stay the same',
    'The edge signs each request, and each process has a database role of its own; but Postgres, Redis, NATS and Stripe take credentials that stay until they are turned over.',
  ),
  held(
    '13.2.2',
    'Each part has the rights that it needs',
    ROLES,
    integration('db/roles', 'nobody changes the schema or leaves their role'),
  ),
  held(
    '13.2.3',
    'No credential is a default',
    unit('ops/secrets', 'a second start has the same secrets, another checkout has others'),
    integration('edge/runner', 'the runner refuses to start without its secrets, and names what is missing'),
  ),
  held(
    '13.2.4',
    'What is spoken to is listed',
    ['origin/config.ts', 'STRIPE_API_URL'],
    ['workers/config.ts', 'EDGE_PURGE'],
  ),
  inapplicable(
    '13.2.5',
    'The server’s way out is closed but for that',
    'The operator’s firewall does it; no request can name an address.',
  ),
  open(
    '13.3.1',
    'Secrets are in a vault',
    'Which one is the operator’s choice: secrets come from the environment, which it fills, and ops/security/keys.md lists them.',
  ),
  held(
    '13.3.2',
    'Each part has the secrets that it needs',
    ROLES,
    origin('picture-resizer', 'knows none of the secrets of the one that started it'),
  ),
  inapplicable(
    '13.4.1',
    'No source control is served',
    'Nothing is served from the disk but a list of assets made at the start.',
  ),
  held(
    '13.4.2',
    'Nothing debugs in production',
    UNEXPECTED,
    unit(
      'edge/app',
      'the plain HTTP cache cannot be switched on in production, nor by a value that is not known',
    ),
  ),
  inapplicable('13.4.3', 'No folder is listed', 'No folder is served.'),
  held('13.4.4', 'No TRACE', integration('edge/forwarding', 'take their declared methods only')),
  held(
    '13.4.5',
    'What is for operators is not for all',
    integration('edge/forwarding', 'that no route declares do not reach the origin'),
    integration(
      'edge/forwarding',
      'of documentation, health and keys are forwarded; liveness is the edge’s own',
    ),
  ),
];

export const V15: readonly Requirement[] = [
  held('15.1.1', 'How soon a vulnerable component is replaced is documented', [
    'ops/security/components.md',
    'replaced within',
  ]),
  held(
    '15.1.2',
    'There is a bill of materials',
    unit('ops/supply-chain', 'names every package with its version, digest and licence'),
  ),
  held(
    '15.1.3',
    'What is costly is documented with what bounds it',
    origin('password-load', 'no more than so many hash at the same time'),
    ['origin/accounts/passwords.ts', 'few run at once and few wait'],
  ),
  open(
    '15.2.1',
    'No component is overdue',
    'Known vulnerabilities are not looked up here: that takes a database of them, to which the bill can be given.',
  ),
  held(
    '15.2.2',
    'What is costly is bounded',
    origin(
      'password-load',
      'of a hundred logins at once all are answered: by a session, or by 503 at once with Retry-After',
    ),
    origin(
      'search-engine',
      'ends a statement that takes too long, and something else stands in for the hits',
    ),
  ),
  held(
    '15.2.3',
    'Production has nothing that is for tests',
    integration(
      'seed/seed',
      'in production the demo accounts, whose passwords are public, are made only when asked for',
    ),
    unit(
      'edge/app',
      'the plain HTTP cache cannot be switched on in production, nor by a value that is not known',
    ),
  ),
  held(
    '15.3.1',
    'Answers have the fields that are meant',
    FUZZ,
    origin('users', 'an account says who it is and whether it is kept out, and nothing secret'),
  ),
  held(
    '15.3.2',
    'No redirect is followed',
    ['edge/origin.ts', "redirect: 'manual'"],
    ['edge/http-cache.ts', "redirect: 'manual'"],
  ),
  held('15.3.3', 'A request sets what it is for', FIELDS),
  held('15.3.4', 'A client’s address is what the edge saw', SPOOFED, PROOF),
  held(
    '15.3.5',
    'Values have the type that is meant',
    origin('bad-input', 'of %s with any property of another type is refused'),
    ['tsconfig.json', '"strict": true'],
  ),
  held(
    '15.3.6',
    'No prototype is polluted',
    security('json-bodies', 'the name %s is refused at any depth'),
    security('mass-assignment', 'a prototype in disguise is refused: %s'),
  ),
  held(
    '15.3.7',
    'A parameter counts once',
    FUZZ,
    unit('edge/catalog-rule', 'is not made from an undeclared or repeated parameter'),
  ),
];

const ON_RECORD = security('refusals-on-record', 'is on record as %s %o: %s');

export const V16: readonly Requirement[] = [
  held(
    '16.1.1',
    'What is logged where is listed',
    ['ops/security/logs.md', 'what is written, where, and for how long'],
    unit('ops/security-pages', 'the page of logs names every security event, and the bounds that they have'),
  ),
  held(
    '16.2.1',
    'A line says when, where, who and what',
    ONE_LINE,
    origin('audit-log', 'on record with who did it, what is otherwise and the trace'),
  ),
  held('16.2.2', 'Times are UTC', ONE_LINE),
  inapplicable(
    '16.2.3',
    'Lines go where they are meant to',
    'They go to the standard output and nowhere else.',
  ),
  held('16.2.4', 'Lines can be read by programs', ONE_LINE),
  held(
    '16.2.5',
    'Lines hold no secret',
    NO_SECRETS,
    origin(
      'accounts',
      'no password, token, hash or email of these tests is in the logs, even of what failed',
    ),
  ),
  held(
    '16.3.1',
    'Log-ins are logged, good and bad',
    security('security-log', 'that succeeds is logged, with what has proven it'),
    security(
      'security-log',
      'that fails is logged with the account, where there is one, and never by its email',
    ),
    security('security-log', 'that fails at the second factor is logged'),
  ),
  held('16.3.2', 'Refused access is logged', ON_RECORD),
  held(
    '16.3.3',
    'Attempts to get around the rules are logged',
    ON_RECORD,
    security('security-log', 'a proof that is %s is on record with the connection’s address alone'),
    security('security-log', 'rate_limit.hit, whether it shows before or while a read is at work'),
    security('security-log', 'what the edge refuses itself is on record there'),
    unit('lib/security-events', 'from one address leaves a few lines a minute, and is counted to the last'),
  ),
  held('16.3.4', 'Unexpected errors are logged', UNEXPECTED),
  held(
    '16.4.1',
    'Nobody writes a line of theirs into the log',
    unit('lib/log', 'fields cannot pass for the time, the level or the message'),
    ONE_LINE,
  ),
  held(
    '16.4.2',
    'Nobody changes what is on record',
    origin('audit-log', 'refuses to be changed, shortened or emptied'),
    integration('ops/audit-log', 'a chain that is broken ends with 1 and the first row that is'),
  ),
  open(
    '16.4.3',
    'Logs go to another system',
    'Carrying the standard output away is the operator’s, as ops/security/logs.md says; the head of the audit log can be kept elsewhere.',
  ),
  held('16.5.1', 'Nothing internal is told', UNEXPECTED, FUZZ),
  held(
    '16.5.2',
    'The shop goes on without what it depends on',
    integration(
      'edge/origin-loss',
      'with the origin gone, what was seen is served stale and marked, the rest is 503 with Retry-After',
    ),
    origin(
      'lost-database',
      'a write answers 503 with Retry-After, and a product that memory holds is still read',
    ),
  ),
  held(
    '16.5.3',
    'A failure lets nobody through',
    security(
      'ended-sessions',
      'might be any, where neither the database nor NATS can be asked: nobody gets in',
    ),
    origin(
      'audit-log',
      'an act that fails leaves no record, and one whose record cannot be written is not done',
    ),
  ),
];
