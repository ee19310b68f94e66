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
    | 'Search';
  readonly success: Success | readonly Success[];
  /** Beside what every route may answer: `invalid_input`, `card_number_refused`, `rate_limited` and `unavailable`. */
  readonly failures?: readonly ProblemCode[];
}

const EVERYWHERE = ['invalid_input', 'card_number_refused', 'rate_limited', 'unavailable'] as const;

const ProblemDocument = t.Object({
  type: t.String(),
  title: t.String(),
  status: Type.Integer(),
  code: t.String(),
  detail: t.Optional(t.String()),
  errors: t.Optional(t.Array(t.Object({ path: t.String(), message: t.String() }))),
});

export function operation({ id, summary, description, tag, success, failures = [] }: Operation) {
  const successes: readonly Success[] = 'status' in success ? [success] : success;
  const codes = [...EVERYWHERE, ...failures];
  const statuses = new Set(codes.map((code) => PROBLEMS[code].status));
  const responses = Object.fromEntries([
    ...successes.map((each) => [each.status, succeeded(each)]),
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
function succeeded({ description, schema }: Success) {
  if (schema === undefined) return { description };
  const [example]: unknown[] = Array.isArray(schema['examples']) ? schema['examples'] : [];
  const media = example === undefined ? { schema } : { schema, example };
  return { description, content: { 'application/json': media } };
}

function failed(status: number, all: readonly ProblemCode[]) {
  const codes = all.filter((code) => PROBLEMS[code].status === status);
  const [code = 'internal'] = codes;
  const example = { type: 'about:blank', title: PROBLEMS[code].title, status, code };
  return {
    description: codes.map((each) => `\`${each}\`: ${PROBLEMS[each].title}.`).join(' '),
    content: { 'application/problem+json': { schema: ProblemDocument, example } },
  };
}
