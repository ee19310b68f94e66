/** The API's document as the fuzzer reads it: what an operation takes, and whether an answer is one that it names. */

import Ajv, { type AnySchema } from 'ajv';
import { isAccess, PERMISSIONS, type Role } from '#origin/http/permissions.ts';
import type { Answer, OriginUnderTest } from './origin.ts';
import { expectProblem } from './problem-document.ts';
import type { JsonSchema } from './schema-values.ts';

interface Media {
  readonly schema?: JsonSchema;
}

interface DocumentedAnswer {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, Media>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: JsonSchema;
}

export interface FuzzedOperation {
  /** As the document writes it: `GET /api/v1/orders/{id}`. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  /** Null where it takes none. */
  readonly body: JsonSchema | null;
  /** Whether it takes a picture as it is. */
  readonly takesPicture: boolean;
  /** Who is let in first of all; null for a guest. */
  readonly role: Role | null;
  /** By status; those that the document shares are in it already. */
  readonly answers: Readonly<Record<string, DocumentedAnswer>>;
}

interface Documented {
  readonly 'x-access'?: unknown;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, DocumentedAnswer>>;
}

const FIRST_REFUSAL = 400;
const FIRST_FAULT = 500;
/** Formats are held against by the API itself; here it is the shapes that count. */
const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });

export async function fuzzedOperations(shop: OriginUnderTest): Promise<FuzzedOperation[]> {
  const { body } = await shop.call('/docs/json');
  const shared: Readonly<Record<string, DocumentedAnswer>> = body.components.responses ?? {};
  const paths = Object.entries(body.paths as Record<string, Record<string, Documented>>);
  return paths.flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody, responses, ...documented }]) => ({
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path,
      parameters,
      body: requestBody?.content['application/json']?.schema ?? null,
      takesPicture: requestBody?.content['image/png'] !== undefined,
      role: roleOf(documented['x-access']),
      answers: Object.fromEntries(
        Object.entries(responses).map(([status, answer]) => [
          status,
          answer.$ref === undefined ? answer : (shared[answer.$ref.split('/').at(-1) ?? ''] ?? {}),
        ]),
      ),
    })),
  );
}

/** The lowest role that will do; what is outside of the API asks for none. */
function roleOf(access: unknown): Role | null {
  if (!isAccess(access) || access === 'public') return null;
  return access === 'anyone' ? 'shopper' : (PERMISSIONS[access].at(0) ?? 'admin');
}

/** What is wrong with an answer; null where it is one that the document names. */
export function faultOf({ answers, method }: FuzzedOperation, answer: Answer): string | null {
  const { status, headers, body } = answer;
  if (status >= FIRST_FAULT) return 'an answer of 500 or above';
  const documented = answers[String(status)];
  if (documented === undefined) return `the status ${status} is not documented`;
  if (status >= FIRST_REFUSAL) {
    const fault = faultOfProblem(answer);
    if (fault !== null) return fault;
  }
  if (documented.content === undefined)
    return body === null || method === 'GET' ? null : 'a body where none is documented';
  const type = headers.get('content-type')?.split(';')[0] ?? '';
  const media = documented.content[type];
  if (media === undefined) return `the type ${type} is not documented`;
  // A refusal may say more than what all of them say.
  const schema = status < FIRST_REFUSAL ? closedOf(media.schema ?? {}) : (media.schema as AnySchema);
  const fits = ajv.validate(schema, body);
  if (fits === true) return null;
  return ajv.errorsText(ajv.errors, { dataVar: 'answer' });
}

const closed = new WeakMap<object, AnySchema>();

/** The schema of an answer with nothing allowed that it does not name: what is told by accident is told. */
export function closedOf(schema: JsonSchema): AnySchema {
  const known = closed.get(schema);
  if (known !== undefined) return known;
  const made = JSON.parse(
    JSON.stringify(schema, (_name, value: unknown) =>
      isOpenObject(value) ? { ...value, additionalProperties: false } : value,
    ),
  ) as AnySchema;
  closed.set(schema, made);
  return made;
}

function isOpenObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return 'properties' in value && 'type' in value && !('additionalProperties' in value);
}

function faultOfProblem(answer: Answer): string | null {
  try {
    expectProblem(answer);
    return null;
  } catch (error) {
    return `no problem document of ours: ${Bun.stripANSI(String(error))}`;
  }
}
