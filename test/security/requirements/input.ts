/** ASVS 5.0.0: V1 Encoding and Sanitization, V2 Validation and Business Logic. */

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

const RECEIPT = unit('workers/receipt', 'no text of a shopper or a seller becomes markup');
const FUZZ = security(
  'document-fuzz',
  'whatever a request says, its answer is one that the document names, and none is a fault of ours',
);

export const V1: readonly Requirement[] = [
  held(
    '1.1.1',
    'Input is decoded once, before it is checked',
    unit('edge/paths', 'a target with more than one reading is refused'),
    security('json-bodies', 'a name that stands twice in one object is refused'),
  ),
  held('1.1.2', 'Output is encoded last, by what makes it', RECEIPT),
  held('1.2.1', 'Output is encoded for where it stands: HTML, headers', RECEIPT, FUZZ),
  held(
    '1.2.2',
    'URLs are made with encoded parts, and lead to web addresses only',
    integration(
      'workers/account-letters',
      'whoever registers is mailed a link that proves the email to be theirs',
    ),
    integration('import/bad-rows', 'an image without a web address costs that image only'),
  ),
  held('1.2.3', 'JSON is written by a serializer, whatever is in it', FUZZ),
  held(
    '1.2.4',
    'Statements have parameters',
    FUZZ,
    origin('search', 'the words %o find something or nothing, and break nothing'),
  ),
  inapplicable(
    '1.2.5',
    'No command line is made of input',
    'One program is started, the resizer of pictures, with arguments of ours from closed lists.',
  ),
  ...noneOf('The shop speaks to no such system.', {
    '1.2.6': 'LDAP is not injected into',
    '1.2.7': 'XPath is not injected into',
    '1.2.8': 'LaTeX is not injected into',
    '1.3.8': 'JNDI is not injected into',
    '1.3.9': 'memcache is not injected into',
  }),
  inapplicable('1.2.9', 'Input is escaped in regular expressions', 'No pattern is made of input.'),
  held(
    '1.3.1',
    'HTML from people is cleaned by a known library',
    origin('products', 'has no script in its description, whatever was written'),
    integration('import/fixtures', 'descriptions keep their text and lose what could run'),
  ),
  inapplicable(
    '1.3.2',
    'No code is made of input',
    'Nothing evaluates text; the framework compiles routes, which are ours.',
  ),
  held(
    '1.3.3',
    'What goes to a dangerous place is cut to what is safe there',
    security('json-bodies', 'the control character in %j is refused in a name of one line'),
    origin('bad-input', 'of %s with %o is refused at %s'),
  ),
  held('1.3.4', 'SVG runs nothing', origin('media', 'an SVG that is opened by itself runs nothing')),
  inapplicable(
    '1.3.5',
    'Template and style languages from people are off',
    'People write plain text, and the cleaned HTML of 1.3.1.',
  ),
  inapplicable(
    '1.3.6',
    'The server calls no address that somebody names',
    'It calls the addresses of its configuration only; those of pictures are kept for browsers.',
  ),
  held('1.3.7', 'No template is made of input', RECEIPT),
  inapplicable('1.3.10', 'Format strings are not input', 'The language has none.'),
  held(
    '1.3.11',
    'Mails cannot be given headers',
    security('json-bodies', 'the control character in %j is refused in a name of one line'),
    RECEIPT,
  ),
  held(
    '1.4.1',
    'Memory is safe: native code works on pictures only, in a process of its own',
    origin('picture-resizer', 'that is killed by its picture takes nobody with it'),
  ),
  held(
    '1.4.2',
    'Numbers do not overflow',
    unit('lib/money', 'a sum or a product beyond the safe integers is refused, not rounded'),
    origin(
      'checkout-bad-input',
      'past 2^53 that a price brings about later is refused wherever it is asked for, and can be undone',
    ),
  ),
  inapplicable('1.4.3', 'Memory is freed once', 'The runtime collects it.'),
  inapplicable('1.5.1', 'XML reaches for nothing outside', 'There is no XML parser.'),
  held(
    '1.5.2',
    'What is read makes no objects of types that it names',
    security('json-bodies', 'the name %s is refused at any depth'),
    security('mass-assignment', 'where a schema copies what it is given, a prototype does not come along'),
  ),
];

export const V2: readonly Requirement[] = [
  held('2.1.1', 'The form of every input is documented', [
    'test/contract/openapi-examples.test.ts',
    'every operation says what it is, and has an example of all that it takes and answers',
  ]),
  held(
    '2.1.2',
    'What goes together is documented',
    ['ops/security/input.md', 'what must go together'],
    unit('ops/security-pages', 'the page of input names failures that there are'),
  ),
  held(
    '2.1.3',
    'Limits of use are documented, for each user and for all',
    ['origin/config.ts', 'LIMIT_USER_PER_MINUTE'],
    ['edge/wrangler.jsonc', 'ratelimits'],
  ),
  held(
    '2.2.1',
    'Input is held against allow-lists and ranges',
    FUZZ,
    origin('bad-input', 'of %s with a property that nobody knows is refused'),
    security('json-bodies', 'a parameter that a route does not know is refused, whatever the route'),
  ),
  held('2.2.2', 'It is the server that validates', FUZZ),
  held(
    '2.2.3',
    'What goes together is checked together',
    origin(
      'checkout-quote',
      'a quote for the cart as it was, or for another cart, is refused with one for the cart as it is',
    ),
    origin('products', 'of a variant of another product is refused whole'),
  ),
  held(
    '2.3.1',
    'Steps are taken in their order',
    unit('origin/lifecycle', 'a trigger leads where the table says, and throws where it says nothing'),
    origin('checkout', 'because it has been bought already'),
  ),
  held(
    '2.3.2',
    'Limits of the business hold',
    origin('carts', 'is one of at most a hundred'),
    origin('payment-methods', 'past the tenth is refused, also when many come at once'),
    security('api-keys', 'are twenty at most, also when many are made at once'),
  ),
  held(
    '2.3.3',
    'An operation happens as a whole or not at all',
    origin('checkout-stock', 'a quantity is reserved as a whole or not at all'),
    origin(
      'audit-log',
      'an act that fails leaves no record, and one whose record cannot be written is not done',
    ),
  ),
  held(
    '2.3.4',
    'What is scarce is sold once',
    origin(
      'checkout-at-once',
      'five hundred shoppers at once for a hundred units: a hundred are paid, four hundred hear that it is sold out',
    ),
  ),
  held(
    '2.4.1',
    'Too many calls are slowed',
    security(
      'limits',
      'has so many requests a minute, exactly, at however many processes they arrive at once',
    ),
    security('edge-border', 'by uncached searches is refused before reads of products are'),
  ),
];
