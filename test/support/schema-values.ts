/**
 * Values for a JSON Schema of the API's document: such as it describes, with a liking for the edges of what it allows,
 * or nearly such, with some parts beyond them.
 */

import fc from 'fast-check';
import { CATEGORY } from './shopping.ts';

/** As much of JSON Schema as the document uses. */
export interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly examples?: readonly unknown[];
}

/** Whether parts of a value may lie beyond what the schema allows. */
export type Aim = 'valid' | 'nearly';

type Values = fc.Arbitrary<unknown>;

const PLACEHOLDER = '«';
/** Where a value of the shop stands that the fuzzer cannot know in advance; whoever sends it puts it in. */
export const placeholder = (name: string) => `${PLACEHOLDER}${name}»`;

/** What is good for a field, by its name, beside what its schema says. */
const GOOD: Readonly<Record<string, readonly string[]>> = {
  email: [placeholder('email')],
  password: [placeholder('password')],
  currentPassword: [placeholder('password')],
  refreshToken: [placeholder('refreshToken')],
  variantId: [placeholder('variantId')],
  cartId: [placeholder('cartId')],
  productId: [placeholder('productId')],
  reviewId: [placeholder('reviewId')],
  itemId: [placeholder('itemId')],
  userId: [placeholder('userId')],
  zoneId: [placeholder('zoneId')],
  locationId: [placeholder('locationId'), placeholder('mainId')],
  fromLocationId: [placeholder('mainId')],
  toLocationId: [placeholder('locationId')],
  id: [placeholder('variantId')],
  category: [CATEGORY],
  country: ['GB', 'US'],
  currency: ['USD'],
  url: ['https://hooks.merchant.dev/one', 'https://hooks.merchant.dev/another'],
  from: ['2026-01-01T00:00:00Z'],
  until: ['2099-01-01T00:00:00.000Z'],
  q: ['test', 'tset prodct', placeholder('productId')],
  paymentMethodId: [
    ...['pm_card_visa', 'pm_card_visa', 'pm_card_mastercard', 'pm_card_chargeDeclined'],
    ...['pm_card_authenticationRequired', placeholder('cardId')],
  ],
};

export const NASTY: readonly string[] = [
  ...[
    '',
    ' ',
    '\0',
    '\ud800',
    '\u202e',
    '💥',
    "'; drop table users; --",
    '%',
    '%00',
    '../../etc/passwd',
    '\r\nA: b',
  ],
  ...[
    '{{7*7}}',
    '<script>',
    'null',
    '-1',
    '1e309',
    'NaN',
    '0x10',
    '__proto__',
    'constructor',
    '4242424242424242',
  ],
  ...['a'.repeat(5_000), '=cmd()', '$' + '{7*7}', 'ﬃ', 'é', '٣', '🏳️‍🌈', 'A'.repeat(255)],
];

const NASTY_NUMBERS: readonly number[] = [-1, 0, 0.5, -0.5, 2 ** 31, 2 ** 53, 1e21, -1e300, 4242424242424242];

/** Whatever JSON may say in a place. */
export const anyJson: Values = fc.oneof(
  fc.constantFrom<unknown>(...NASTY, ...NASTY_NUMBERS, null, true, false, [], {}),
  fc.jsonValue({ maxDepth: 3 }),
);

/** What nobody makes up: where it may be left out, it mostly is. */
const HARD: ReadonlySet<string> = new Set(['quote', 'code']);
/** JSON has no such value, and leaves its name out. */
const ABSENT = fc.constant(undefined);

const SURPRISES = ['role', 'userId', 'price', 'status', 'x', '__proto__', 'constructor', ''];
const BEYOND_WEIGHT = 1;
const WITHIN_WEIGHT = 9;
const MANY_ITEMS = 3;
const LONGEST_USUAL = 30;

/** The examples of a schema, with what is here in the place of what they name. */
export function examplesOf({ examples = [] }: JsonSchema): Values | null {
  if (examples.length === 0) return null;
  return fc.constantFrom(...examples).map((example) =>
    JSON.parse(
      JSON.stringify(example, (name, value: unknown) => {
        if (typeof value !== 'string') return value;
        // A category of tax is none of the catalogue's.
        if (name === 'category') return value === 'standard' ? value : CATEGORY;
        return GOOD[name]?.find((good) => good.startsWith(PLACEHOLDER)) ?? value;
      }),
    ),
  );
}

/** @param name of the property or parameter that the value is for */
export function valuesOf(schema: JsonSchema, aim: Aim, name = ''): Values {
  const within = withinOf(schema, aim, name);
  if (aim === 'valid') return within;
  return fc.oneof(
    { weight: WITHIN_WEIGHT, arbitrary: within },
    { weight: BEYOND_WEIGHT, arbitrary: fc.oneof(beyondOf(schema), anyJson) },
  );
}

function withinOf(schema: JsonSchema, aim: Aim, name: string): Values {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map((each) => valuesOf(each, aim, name)));
  switch (schema.type) {
    case 'object':
      return objectsOf(schema, aim);
    case 'array':
      return listsOf(schema, aim, name);
    case 'integer':
    case 'number':
      return numbersOf(schema);
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return textsOf(schema, name);
  }
}

function objectsOf({ properties = {}, required = [] }: JsonSchema, aim: Aim): Values {
  const model = Object.fromEntries(
    Object.entries(properties).map(([name, property]) => {
      const values = valuesOf(property, aim, name);
      return [name, HARD.has(name) && !required.includes(name) ? fc.oneof(ABSENT, ABSENT, values) : values];
    }),
  );
  const whole = fc.record(model, { requiredKeys: [...required] });
  if (aim === 'valid') return whole;
  const surprise = fc.tuple(whole, fc.constantFrom(...SURPRISES), anyJson);
  return fc.oneof(
    { weight: WITHIN_WEIGHT, arbitrary: whole },
    { weight: BEYOND_WEIGHT, arbitrary: fc.record(model, { requiredKeys: [] }) },
    {
      weight: BEYOND_WEIGHT,
      // Not by a spread: `__proto__` shall be a name like any other.
      arbitrary: surprise.map(([made, key, value]) =>
        Object.defineProperty({ ...made }, key, { value, enumerable: true, configurable: true }),
      ),
    },
  );
}

function listsOf({ items = {}, minItems = 0, maxItems }: JsonSchema, aim: Aim, name: string): Values {
  const item = valuesOf(items, aim, name);
  const few = fc.array(item, {
    minLength: minItems,
    maxLength: Math.min(minItems + MANY_ITEMS, maxItems ?? Infinity),
  });
  if (maxItems === undefined) return few;
  const most = fc.array(item, { minLength: maxItems, maxLength: maxItems, size: 'max' });
  return fc.oneof({ weight: WITHIN_WEIGHT, arbitrary: few }, { weight: BEYOND_WEIGHT, arbitrary: most });
}

function numbersOf({ minimum = -1_000, maximum = 1_000 }: JsonSchema): Values {
  const small = fc.integer({ min: minimum, max: Math.min(maximum, minimum + LONGEST_USUAL) });
  return fc.oneof(
    { weight: 4, arbitrary: small },
    {
      weight: 1,
      arbitrary: fc.maxSafeInteger().map((any) => minimum + (Math.abs(any) % (maximum - minimum + 1))),
    },
    { weight: 1, arbitrary: fc.constantFrom(minimum, maximum) },
  );
}

function textsOf(schema: JsonSchema, name: string): Values {
  const good = GOOD[name];
  const made = madeTexts(schema);
  if (good === undefined) return made;
  return fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: made });
}

function madeTexts(schema: JsonSchema): Values {
  const { format, pattern, minLength = 0, maxLength = LONGEST_USUAL } = schema;
  if (format === 'uuid') return fc.uuid({ version: 7 });
  if (format === 'email') return fc.emailAddress().map((email) => email.slice(-maxLength));
  if (pattern !== undefined) {
    // A pattern may ask for more than is usual.
    const limit = schema.maxLength === undefined ? {} : { maxLength };
    return fc.stringMatching(new RegExp(pattern), limit);
  }
  const usual = Math.min(maxLength, minLength + LONGEST_USUAL);
  return fc.oneof(
    { weight: 5, arbitrary: fc.string({ unit: 'grapheme-ascii', minLength, maxLength: usual }) },
    { weight: 2, arbitrary: fc.string({ unit: 'grapheme-composite', minLength, maxLength: usual }) },
    { weight: 1, arbitrary: fc.constantFrom(...[minLength, maxLength].map((length) => 'é'.repeat(length))) },
  );
}

/** One step too far, as near to what is allowed as it goes. */
function beyondOf({ minLength, maxLength, minimum, maximum, minItems, maxItems, items }: JsonSchema): Values {
  const steps: Values[] = [fc.constantFrom<unknown>(...NASTY)];
  if (maxLength !== undefined) steps.push(fc.constant('b'.repeat(maxLength + 1)));
  if (minLength !== undefined && minLength > 0) steps.push(fc.constant('b'.repeat(minLength - 1)));
  if (minimum !== undefined) steps.push(fc.constantFrom(minimum - 1, String(minimum), minimum + 0.5));
  if (maximum !== undefined) steps.push(fc.constant(maximum + 1));
  if (items === undefined) return fc.oneof(...steps);
  const item = valuesOf(items, 'valid');
  if (minItems !== undefined && minItems > 0) steps.push(fc.constant([]));
  if (maxItems !== undefined) {
    steps.push(fc.array(item, { minLength: maxItems + 1, maxLength: maxItems + 1, size: 'max' }));
  }
  return fc.oneof(...steps);
}
