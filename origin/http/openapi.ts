/**
 * How a route is documented: one call that says what it is and what it answers. It is documentation only:
 * validating each answer at run time would cost a third of the throughput.
 */

import { type TSchema, Type } from '@sinclair/typebox';
import { type DocumentDecoration, t } from 'elysia';
import { PROBLEMS, type ProblemCode } from '#lib/problems.ts';

interface Success {
  readonly status: number;
  readonly description: string;
  /** Absent where the answer has no body. */
  readonly schema?: TSchema;
  /** JSON, if it is not given. */
  readonly mediaType?: string;
}

interface Operation {
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag:
    | 'Accounts'
    | 'Cart'
    | 'Catalogue'
    | 'Checkout'
    | 'Inventory'
    | 'Operations'
    | 'Orders'
    | 'Pricing'
    | 'Reviews'
    | 'Search'
    | 'Webhooks'
    | 'Wish lists';
  readonly success: Success | readonly Success[];
  /** Whether whoever has the answer already is told so, by `If-None-Match`. */
  readonly revalidates?: true;
  /** Whether something else may stand in for the answer, marked by `Degraded`. */
  readonly degrades?: true;
  /** Beside what every route may answer: `invalid_input`, `card_number_refused`, `rate_limited` and `unavailable`. */
  readonly failures?: readonly ProblemCode[];
}

const NOT_MODIFIED: Success = { status: 304, description: 'What `If-None-Match` names is still so.' };

const EVERYWHERE = ['invalid_input', 'card_number_refused', 'rate_limited', 'unavailable'] as const;

/** What is refused before a route is asked; the document says it once, and each operation points there. */
const AT_THE_BORDER = { HeadersTooLarge: ['headers_too_large'] } as const;
/** The same for whatever may have a body. */
const AT_THE_BORDER_OF_BODIES = {
  BodyTooSlow: ['body_too_slow'],
  BodyTooLarge: ['body_too_large'],
  BodyNotPlainJson: ['unsupported_media_type', 'content_encoding_unsupported'],
} as const;

const problemDocument = (codes: readonly ProblemCode[]) =>
  t.Object({
    type: t.String(),
    title: t.String(),
    status: Type.Integer(),
    code: Type.Unsafe<ProblemCode>({ type: 'string', enum: codes }),
    detail: t.Optional(t.String()),
    errors: t.Optional(t.Array(t.Object({ path: t.String(), message: t.String() }))),
  });

export function operation({ id, summary, description, tag, success, ...rest }: Operation) {
  const { failures = [], revalidates = false, degrades = false } = rest;
  const headers = degrades ? { headers: { Degraded: { $ref: '#/components/headers/Degraded' } } } : {};
  const successes = ['status' in success ? [success] : success, revalidates ? [NOT_MODIFIED] : []].flat();
  const codes = [...EVERYWHERE, ...failures];
  const statuses = new Set(codes.map((code) => PROBLEMS[code].status));
  const responses = Object.fromEntries([
    ...successes.map((each) => [each.status, { ...succeeded(each), ...headers }]),
    ...[...statuses].map((status) => [status, failed(status, codes)]),
  ]) as NonNullable<DocumentDecoration['responses']>;
  return {
    operationId: id,
    summary,
    tags: [tag],
    responses,
    ...(description === undefined ? {} : { description }),
  };
}

/** OpenAPI has one example a media type; our schemas carry theirs with them. */
function succeeded({ description, schema, mediaType = 'application/json' }: Success) {
  if (schema === undefined) return { description };
  const [example]: unknown[] = Array.isArray(schema['examples']) ? schema['examples'] : [];
  const { examples: _, ...shape } = schema;
  const media = example === undefined ? { schema } : { schema: shape, example };
  return { description, content: { [mediaType]: media } };
}

function failed(status: number, all: readonly ProblemCode[]) {
  const codes = all.filter((code) => PROBLEMS[code].status === status);
  const examples = Object.fromEntries(codes.map((code) => [code, exampleOf(code)]));
  return {
    description: codes.map((each) => `\`${each}\`: ${PROBLEMS[each].title}.`).join(' '),
    content: { 'application/problem+json': { schema: problemDocument(codes), examples } },
  };
}

const INVALID = { errors: [{ path: '/quantity', message: 'must be a whole number' }] };

function exampleOf(code: ProblemCode) {
  const { title, status } = PROBLEMS[code];
  const more = code === 'invalid_input' ? INVALID : {};
  return { summary: title, value: { type: 'about:blank', title, status, code, ...more } };
}

/** For the document's components. That only the edge is let in is left out: nobody behind it is ever told so. */
export function borderAnswers() {
  return Object.fromEntries(
    Object.entries({ ...AT_THE_BORDER, ...AT_THE_BORDER_OF_BODIES }).map(([name, codes]) => [
      name,
      failed(PROBLEMS[codes[0]].status, codes),
    ]),
  );
}

/** For the document's components: how any answer says that it is not what it should be. */
export const DEGRADED = {
  description:
    'Only where something has failed and something plainer stands in for it, as a list of what failed with where the ' +
    'answer comes from instead: `search;source=last_good` is the last good answer to the same query, ' +
    '`origin;source=stale` what the cache had.',
  schema: { type: 'string' },
  example: 'recommendations;source=trending_category',
} as const;

/** By status, what an operation may answer beside what it says itself. */
export function borderAnswersOf(method: string): Record<string, { $ref: string }> {
  const all = { ...AT_THE_BORDER, ...(method === 'get' ? {} : AT_THE_BORDER_OF_BODIES) };
  return Object.fromEntries(
    Object.entries(all).map(([name, [code]]) => [
      PROBLEMS[code].status,
      { $ref: `#/components/responses/${name}` },
    ]),
  );
}
