/** Requests for an operation as its document describes it, from valid ones to those that only look like it. */

import fc from 'fast-check';
import { SESSION_COOKIE, SESSION_TRANSPORT_HEADER } from '#lib/edge-contract.ts';
import type { FuzzedOperation, Parameter } from './fuzz-document.ts';
import { SHOP_ORIGIN } from './origin.ts';
import {
  type Aim,
  anyJson,
  examplesOf,
  type JsonSchema,
  NASTY,
  placeholder,
  valuesOf,
} from './schema-values.ts';

/** In whose name a request is made. */
export type Who = 'owner' | 'guest' | 'shopper' | 'seller' | 'admin' | 'impostor';

/** A request in which {@link placeholder}s stand for what only the shop knows. */
export interface Attempt {
  readonly who: Who;
  /** Beginning with `/`, and with its query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer> | null;
}

const WHO: fc.Arbitrary<Who> = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Who>('owner') },
  { weight: 3, arbitrary: fc.constantFrom<Who>('guest', 'shopper', 'seller', 'admin', 'impostor') },
);

const cursor = fc
  .array(
    fc.oneof(
      fc.oneof(fc.double(), fc.maxSafeInteger(), fc.constantFrom('newest', 'price', 'popular', 'relevance')),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.uuid({ version: 7 }),
    ),
    { maxLength: 4 },
  )
  .map((parts) => Buffer.from(JSON.stringify(parts)).toString('base64url'));

const visible = fc.string({ unit: 'grapheme-ascii', maxLength: 60 }).map((text) => text.trim());

/** Names of headers that any route may meet, and what they may say. */
const EXTRA_HEADERS: fc.Arbitrary<Readonly<Record<string, string>>> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.constant({ 'if-none-match': '*' }) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom(
          ...['if-none-match', 'if-match', 'traceparent', 'cookie', 'accept', 'accept-language', 'range'],
          ...['x-forwarded-for', 'x-http-method-override', 'prefer', 'expect-ct', 'origin', 'sec-fetch-site'],
        ),
        fc.oneof(visible, fc.constantFrom('*', '"1"', 'W/"x", "y"', 'bytes=0-0', 'application/xml', 'null')),
      )
      .map(([name, value]) => ({ [name]: value })),
  },
);

const toText = (value: unknown) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
const encoded = (value: unknown) => encodeURIComponent(toText(value).toWellFormed());

/** In a path: never what would make it the path of another operation. */
function segmentOf(name: string, schema: JsonSchema): fc.Arbitrary<string> {
  return fc
    .oneof(
      { weight: 8, arbitrary: fc.constant<unknown>(placeholder(name)) },
      { weight: 1, arbitrary: valuesOf(schema, 'valid') },
      { weight: 1, arbitrary: fc.constantFrom<unknown>(...NASTY) },
    )
    .map((value) => encoded(value))
    .filter((segment) => segment !== '' && !/^\.{1,2}$/.test(segment));
}

/** In a query: few parameters at once, or a single one that is wrong would spoil every request. */
function askedOf({ name, schema, required = false }: Parameter): fc.Arbitrary<unknown> {
  const values = fc.oneof(
    { weight: 4, arbitrary: valuesOf(schema, 'valid', name) },
    { weight: 1, arbitrary: valuesOf(schema, 'nearly', name) },
  );
  const either = name === 'cursor' ? fc.oneof(values, cursor) : values;
  return required
    ? either
    : fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: either });
}

function targetOf({ path, parameters }: FuzzedOperation): fc.Arbitrary<string> {
  const segments = fc.record(
    Object.fromEntries(
      parameters
        .filter((each) => each.in === 'path')
        .map(({ name, schema }) => [name, segmentOf(name, schema)]),
    ),
  );
  const queries = parameters.filter((each) => each.in === 'query');
  const pairs = fc.record(Object.fromEntries(queries.map((each) => [each.name, askedOf(each)])));
  const strange = fc.tuple(fc.constantFrom(...queries.map(({ name }) => name), 'x', '', 'a[b]'), anyJson);
  return fc
    .tuple(
      segments,
      pairs,
      fc.oneof({ weight: 14, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: strange }),
    )
    .map(([filled, asked, extra]) => {
      const given = Object.entries(asked).filter(([, value]) => value !== undefined);
      const all = [...given, ...(extra === null ? [] : [extra])];
      const search = all.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join('&');
      const place = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => filled[name] ?? 'x');
      return search === '' ? place : `${place}?${search}`;
    });
}

type HeaderValues = readonly (readonly [string, fc.Arbitrary<string>])[];

/** fast-check types a header that may be absent as one that may be undefined. */
function record(model: HeaderValues, requiredKeys: readonly string[]) {
  const values = fc.record(Object.fromEntries(model), { requiredKeys: [...requiredKeys] });
  return values as fc.Arbitrary<Readonly<Record<string, string>>>;
}

/** A page of the shop that asks for a cookie says where it is, and brings the one that it has. */
function companions(headers: Readonly<Record<string, string>>): Record<string, string> {
  if (headers[SESSION_TRANSPORT_HEADER] !== 'cookie') return {};
  return { origin: SHOP_ORIGIN, cookie: `${SESSION_COOKIE}=${placeholder('refreshToken')}` };
}

function headersOf({ parameters }: FuzzedOperation): fc.Arbitrary<Readonly<Record<string, string>>> {
  const declared = parameters.filter((each) => each.in === 'header');
  const good: Readonly<Record<string, fc.Arbitrary<string>>> = {
    'if-match': fc.constant(placeholder('etag')),
    'idempotency-key': fc.oneof(fc.uuid(), fc.constantFrom('one', 'two')),
  };
  const model = declared.map(({ name, schema }) => {
    const values = valuesOf(schema, 'valid', name).map(toText);
    const usual = { weight: 8, arbitrary: good[name] ?? values };
    return [
      name,
      fc.oneof(usual, { weight: 1, arbitrary: visible }, { weight: 1, arbitrary: fc.constant('') }),
    ] as const;
  });
  const required = declared.map(({ name }) => name).filter((name) => Object.hasOwn(good, name));
  const most = record(model, required);
  const few = record(model, []);
  return fc
    .tuple(fc.oneof({ weight: 9, arbitrary: most }, { weight: 1, arbitrary: few }), EXTRA_HEADERS)
    .map(([own, extra]) => ({ ...extra, ...own, ...companions(own) }));
}

const CONTENT_TYPES = [
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'APPLICATION/JSON',
  '',
];
const ENCODINGS = ['gzip', 'identity', 'br'];

interface Payload {
  readonly body: Attempt['body'];
  readonly headers: Readonly<Record<string, string>>;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const json = (value: unknown): Payload => ({ body: JSON.stringify(value) ?? '', headers: JSON_TYPE });

/** Texts that are not the JSON that they begin as. */
const notJson = fc.oneof(
  fc.uint8Array({ maxLength: 60 }).map((bytes) => new Uint8Array(bytes)),
  anyJson.map((value) => (JSON.stringify(value) ?? '').slice(0, -1)),
  fc.constantFrom('{"a":1,"a":2}', '['.repeat(500), '{"__proto__":{}}', '\ufeff{}', '{} {}', '"\\ud800"'),
);

/** One pixel. */
const PIXEL = new Uint8Array(
  Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  ),
);

/** From one that is good to what is none. */
const picture: fc.Arbitrary<Payload> = fc
  .record({
    bytes: fc.oneof(
      { weight: 3, arbitrary: fc.constant(PIXEL) },
      { weight: 1, arbitrary: fc.nat(PIXEL.length).map((length) => PIXEL.slice(0, length)) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => new Uint8Array(bytes)) },
    ),
    type: fc.constantFrom('image/png', 'image/png', 'image/jpeg', 'image/svg+xml', 'text/html', ''),
  })
  .map(({ bytes, type }) => ({ body: bytes, headers: { 'content-type': type } }));

function payloadOf({ method, body, takesPicture }: FuzzedOperation): fc.Arbitrary<Payload> {
  const none = fc.constant<Payload>({ body: null, headers: {} });
  if (method === 'GET') return none;
  if (takesPicture) {
    return fc.oneof({ weight: 9, arbitrary: picture }, { weight: 1, arbitrary: anyJson.map(json) });
  }
  if (body === null)
    return fc.oneof({ weight: 9, arbitrary: none }, { weight: 1, arbitrary: anyJson.map(json) });
  const described = (aim: Aim) => valuesOf(body, aim).map(json);
  const example = examplesOf(body);
  const mistyped = fc
    .tuple(
      valuesOf(body, 'valid'),
      fc.constantFrom(...CONTENT_TYPES),
      fc.option(fc.constantFrom(...ENCODINGS)),
    )
    .map(
      ([value, type, encoding]): Payload => ({
        body: JSON.stringify(value),
        headers: { 'content-type': type, ...(encoding === null ? {} : { 'content-encoding': encoding }) },
      }),
    );
  return fc.oneof(
    ...(example === null ? [] : [{ weight: 6, arbitrary: example.map(json) }]),
    { weight: 9, arbitrary: described('valid') },
    { weight: 8, arbitrary: described('nearly') },
    { weight: 1, arbitrary: anyJson.map(json) },
    { weight: 1, arbitrary: notJson.map((bytes): Payload => ({ body: bytes, headers: JSON_TYPE })) },
    { weight: 1, arbitrary: mistyped },
    { weight: 1, arbitrary: none },
  );
}

export function attemptsAt(operation: FuzzedOperation): fc.Arbitrary<Attempt> {
  return fc
    .record({
      who: WHO,
      target: targetOf(operation),
      headers: headersOf(operation),
      payload: payloadOf(operation),
    })
    .map(({ who, target, headers, payload }) => ({
      who,
      target,
      headers: { ...headers, ...payload.headers },
      body: payload.body,
    }));
}
