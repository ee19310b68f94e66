/** ASVS 5.0.0: V3 Web Frontend Security, V4 API and Web Service, V5 File Handling, V17 WebRTC. */

import {
  held,
  inapplicable,
  integration,
  noneOf,
  origin,
  type Requirement,
  security,
  unit,
} from './requirement.ts';

const HEADERS = security('edge-border', 'of %s holds browsers to the rules');
const EVERY_ROUTE = security(
  'origin-headers',
  'every route’s answer, and every refusal, holds browsers to the rules',
);
const COOKIE = security(
  'session-cookie',
  'is out of reach of scripts, other hosts, plain HTTP and other sites, and its token in no body',
);
const NAMES_ARE_OURS = 'A picture is named by its hash, an export by us; nobody names a file.';

export const V3: readonly Requirement[] = [
  held(
    '3.2.1',
    'An answer is shown as nothing but what it is',
    HEADERS,
    EVERY_ROUTE,
    origin('media', 'an SVG that is opened by itself runs nothing'),
  ),
  inapplicable(
    '3.2.2',
    'Text is shown as text',
    'There are no pages of ours but the API’s documentation, which a library shows.',
  ),
  held('3.3.1', 'Cookies are Secure and named with a prefix', COOKIE),
  held('3.3.2', 'Cookies say SameSite for what they are for', COOKIE),
  held('3.3.3', 'Cookies are for one host', COOKIE),
  held('3.3.4', 'A session’s cookie is HttpOnly, and its token is sent in no other way', COOKIE),
  held('3.4.1', 'HSTS, for two years and subdomains', HEADERS),
  held(
    '3.4.2',
    'CORS goes by an allow-list',
    security('edge-border', 'reads what is stored only where it is known, whoever asked first'),
    security('edge-border', 'is nowhere known where none is configured, and answers do not depend on it'),
  ),
  held(
    '3.4.3',
    'A content policy on every answer',
    HEADERS,
    EVERY_ROUTE,
    security(
      'origin-headers',
      'the page of the documentation runs scripts of ours alone, and is framed by nobody',
    ),
  ),
  held('3.4.4', 'No guessing of types', HEADERS, EVERY_ROUTE),
  held('3.4.5', 'No referrer', HEADERS, EVERY_ROUTE),
  held('3.4.6', 'Nobody frames an answer', HEADERS, EVERY_ROUTE),
  held(
    '3.5.1',
    'A cookie serves requests of our pages only',
    security('session-cookie', '%s neither logs in, refreshes nor logs out'),
    security('session-cookie', 'without the header does not reach the cookie'),
  ),
  held(
    '3.5.2',
    'No change without a preflight',
    security('session-cookie', 'that asks across origins gets no leave to: there is no preflight to pass'),
    origin('http', 'of the type %p is refused'),
  ),
  held(
    '3.5.3',
    'What changes something is no GET',
    integration('edge/forwarding', 'take their declared methods only'),
    security('session-cookie', 'alone is no way in: it opens no route but its own'),
  ),
  inapplicable('3.5.4', 'Other applications have other hosts', 'It is one application.'),
  inapplicable('3.5.5', 'Messages of other windows are checked', 'No page of ours listens to any.'),
  held('3.7.1', 'Pages use what browsers still support', [
    'test/e2e/swagger-ui.test.ts',
    'the page and everything that it loads come from our own origin',
  ]),
  inapplicable('3.7.2', 'Redirects go where a list allows', 'No answer redirects.'),
];

export const V4: readonly Requirement[] = [
  held(
    '4.1.1',
    'An answer’s type is what it is',
    security(
      'document-fuzz',
      'whatever a request says, its answer is one that the document names, and none is a fault of ours',
    ),
  ),
  inapplicable('4.1.2', 'No API redirects from HTTP to HTTPS', 'No answer redirects.'),
  held(
    '4.1.3',
    'Headers that the edge sets are not a client’s to set',
    security('edge-proof', 'a client that sends %s is who it is, and its word does not reach the origin'),
    security('edge-proof', 'what the edge signs for a client'),
  ),
  held(
    '4.2.1',
    'A message has one end',
    security('raw-origin', 'a request that ends in two places is refused, and its connection is closed'),
    security('raw-edge', '%s is refused or framed anew'),
  ),
  ...noneOf('There is no GraphQL.', {
    '4.3.1': 'Queries of GraphQL are bounded',
    '4.3.2': 'GraphQL does not explain itself',
  }),
  ...noneOf('There are no WebSockets; what asks for one is refused, as raw-origin.test.ts shows.', {
    '4.4.1': 'WebSockets speak TLS',
    '4.4.2': 'WebSockets check the origin',
    '4.4.3': 'WebSockets have tokens of their own where sessions do not serve',
    '4.4.4': 'Such tokens come from the session',
  }),
];

export const V5: readonly Requirement[] = [
  held('5.1.1', 'What may be uploaded is documented', [
    'origin/media/routes.ts',
    'of at most 8 MiB and 40 megapixels (AVIF: 16): JPEG, PNG, WebP or AVIF',
  ]),
  held(
    '5.2.1',
    'No body is larger than can be worked on',
    origin('http', 'of exactly 1 MiB is read; one byte more is refused'),
    integration('edge/forwarding', 'above 1 MiB are refused, announced or not'),
    origin('uploads', 'more bytes than 8 MiB, at the origin and at the edge, where fewer pass'),
    origin(
      'uploads',
      'a bomb, a header of huge dimensions, a picture that moves, one that is cut off, and nothing at all',
    ),
  ),
  held(
    '5.2.2',
    'A file is what its content says',
    unit('origin/picture-type', 'a picture is what its first bytes say'),
    origin('media', 'is refused as such, and the next one is served'),
    origin('uploads', 'other types, by what they say and by what they are'),
    origin('uploads', 'nothing that follows the picture, or hides in a comment of it'),
  ),
  held(
    '5.2.3',
    'Nothing is unpacked',
    security('json-bodies', 'a body that is packed by %s is refused before it is unpacked'),
  ),
  held(
    '5.3.1',
    'Uploads are not run',
    origin('uploads', 'an SVG, with a script in it or without, whatever it says that it is'),
  ),
  held(
    '5.3.2',
    'No path of a file is made of input',
    origin('uploads', 'a name, a path or a place to put it: there is nothing to ask for'),
  ),
  ...noneOf(NAMES_ARE_OURS, {
    '5.4.1': 'Names of downloads are ours',
    '5.4.2': 'Names of files are encoded where they are sent',
  }),
  held(
    '5.4.3',
    'Files of strangers are scanned: nothing but the pixels of a picture is kept',
    origin(
      'uploads',
      'neither place nor caption, nor a card number in it, in any format; and it stands upright',
    ),
  ),
];

export const V17: readonly Requirement[] = noneOf('There is no WebRTC.', {
  '17.1.1': 'TURN reaches no reserved address',
  '17.2.1': 'Keys of DTLS are managed',
  '17.2.2': 'DTLS has approved suites',
  '17.2.3': 'SRTP is authenticated',
  '17.2.4': 'Malformed SRTP stops nothing',
  '17.3.1': 'Signalling stands a flood',
  '17.3.2': 'Malformed signalling stops nothing',
});
