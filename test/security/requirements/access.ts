/** ASVS 5.0.0: V8 Authorization, V9 Self-contained Tokens, V10 OAuth and OIDC. */

import { held, integration, noneOf, origin, type Requirement, security } from './requirement.ts';

const PERMISSIONS = security(
  'operation-access',
  'asks for a permission of the table, in which no role has more than its own',
);
const OTHERS = security(
  'operation-access',
  'what is somebody else’s is not there, by every operation and for everybody: as if it did not exist',
);
const FIELDS = security('mass-assignment', 'what bodies take of them is what is declared here');
const WORTHLESS = security('access-tokens', 'a token is worth nothing');
const PUBLISHED = security('access-tokens', 'is verified by the published keys, which hold nothing private');
const OWN_TYPE = security('access-tokens', 'is no access token');
const NAMES_ALL = security(
  'access-tokens',
  'names its key, type and audience, lives 15 minutes and tells no more than it must',
);

export const V8: readonly Requirement[] = [
  held(
    '8.1.1',
    'Who may do what, and to what, is documented',
    PERMISSIONS,
    security('operation-access', 'with an id in its path says here whose it is'),
  ),
  held('8.1.2', 'Who may write which field is documented', FIELDS),
  held(
    '8.2.1',
    'Functions take a permission',
    PERMISSIONS,
    security(
      'operation-access',
      'an operation that needs a permission refuses whoever lacks it, before it looks at what they send',
    ),
  ),
  held(
    '8.2.2',
    'Objects are for whom they belong to',
    OTHERS,
    security('operation-access', 'what is somebody’s is in no list but its owner’s'),
  ),
  held(
    '8.2.3',
    'Fields are for whom they are for',
    FIELDS,
    security('mass-assignment', 'whatever else says one of them is refused, and changes nothing'),
    origin('sales', 'nothing else of the shopper is told: no email, no total, no payment'),
  ),
  held(
    '8.3.1',
    'It is the server that decides',
    OTHERS,
    security('origin-access', 'only the probes answer, whatever else is asked for and by whatever secret'),
  ),
  held(
    '8.4.1',
    'No seller reaches what is another’s',
    OTHERS,
    origin('sales', 'each seller of an order sees their own lines, and the admin all of them'),
    origin('inventory', 'is there for its seller and for admins, and for nobody else'),
  ),
];

export const V9: readonly Requirement[] = [
  held('9.1.1', 'Tokens are signed, and the signature checked first', WORTHLESS),
  held('9.1.2', 'One algorithm, and it is not the token that chooses', WORTHLESS, NAMES_ALL),
  held('9.1.3', 'Keys are ours, whatever the token says of them', WORTHLESS, PUBLISHED),
  held(
    '9.2.1',
    'Tokens are good for their time only',
    WORTHLESS,
    security(
      'access-tokens',
      'though it was good a moment ago: what is remembered of it does not outlive it',
    ),
  ),
  held('9.2.2', 'A token is taken for what it is', WORTHLESS, OWN_TYPE),
  held('9.2.3', 'A token is taken where it is for', WORTHLESS),
  held('9.2.4', 'A token says where it is for', NAMES_ALL),
];

export const V10: readonly Requirement[] = [
  held(
    '10.1.1',
    'Tokens go to whom they are for',
    integration('edge/forwarding', 'a catalogue read takes nothing of the client to the origin'),
    security(
      'session-cookie',
      'a browser logs in, refreshes and logs out, and the origin sees that one cookie on these routes alone',
    ),
  ),
  held('10.3.1', 'Access tokens are for this service', WORTHLESS),
  held(
    '10.4.5',
    'Refresh tokens are rotated, and one that is used again ends them all',
    security('refresh-tokens', 'a stolen refresh token'),
    security(
      'refresh-tokens',
      'that the thief uses second ends the session at once, on both sides, and no other',
    ),
  ),
  held(
    '10.4.8',
    'Refresh tokens end in any case',
    security(
      'refresh-tokens',
      'ends after seven days, and its session after ninety however often it is used',
    ),
  ),
  held(
    '10.4.9',
    'One can take tokens back',
    origin('sessions', 'one leaves the others'),
    security('api-keys', 'that is revoked is worth nothing from the next request on'),
  ),
  ...noneOf(
    'The shop is no authorization server and no client of one: it signs in its own users, and what else is like OAuth stands above.',
    {
      '10.1.2': 'Values belong to the flow that asked for them',
      '10.2.1': 'The code flow is guarded against forgery',
      '10.2.2': 'Servers are not mixed up',
      '10.3.2': 'Delegated rights are those of the token',
      '10.3.3': 'A user is known by what is never another’s',
      '10.3.4': 'The strength of the log-in is asked for',
      '10.4.1': 'Redirects are registered',
      '10.4.2': 'Codes work once',
      '10.4.3': 'Codes live shortly',
      '10.4.4': 'Clients have the grants that they need',
      '10.4.6': 'PKCE is required',
      '10.4.7': 'Clients that register themselves are shown as such',
      '10.4.10': 'Confidential clients prove themselves',
      '10.4.11': 'Clients have the scopes that they need',
      '10.5.1': 'ID tokens are not replayed',
      '10.5.2': 'A user is known by the subject',
      '10.5.3': 'The issuer is the one that was configured',
      '10.5.4': 'ID tokens are for this client',
      '10.5.5': 'Logout by the back channel is checked',
      '10.6.1': 'Response modes are of a list',
      '10.6.2': 'Nobody is logged out by force',
      '10.7.1': 'Users consent',
      '10.7.2': 'Users see to what',
      '10.7.3': 'Users take consent back',
    },
  ),
];
