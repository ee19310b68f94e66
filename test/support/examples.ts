/** The examples of the API's document: what of them is missing or wrong, and the requests that they make. */

import Ajv, { type AnySchema } from 'ajv';
import { PROBLEM_CONTENT_TYPE, PROBLEMS, type ProblemCode } from '#lib/problems.ts';
import { closedOf } from './fuzz-document.ts';
import type { OriginUnderTest } from './origin.ts';
import type { JsonSchema } from './schema-values.ts';
import { CATEGORY } from './shopping.ts';

interface Media {
  readonly schema?: JsonSchema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value?: unknown }>>;
}

interface DocumentedAnswer {
  readonly $ref?: string;
  readonly description?: string;
  readonly content?: Readonly<Record<string, Media>>;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: JsonSchema;
  readonly example?: unknown;
}

export interface Exemplified {
  /** As the document writes it: `GET /api/v1/orders/{id}`. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  readonly summary?: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  /** By status; those that the document shares are in it already. */
  readonly responses: Readonly<Record<string, DocumentedAnswer>>;
}

/** Not required by their schema, for their absence has a problem code of its own. */
const NEEDED_HEADERS: readonly string[] = ['idempotency-key', 'if-match', 'stripe-signature'];
const FIRST_REFUSAL = 400;

const ajv = new Ajv({
  ...{ strict: false, allErrors: true, logger: false },
  formats: {
    uuid: /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/,
    email: /^[^\s@]+@[^\s@]+\.[^\s@]+$/,
    'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/,
  },
});

export async function exemplifiedOperations(shop: OriginUnderTest): Promise<readonly Exemplified[]> {
  const { body } = await shop.call('/docs/json');
  const shared = body.components.responses as Readonly<Record<string, DocumentedAnswer>>;
  const whole = (answer: DocumentedAnswer) =>
    answer.$ref === undefined ? answer : (shared[answer.$ref.split('/').at(-1) ?? ''] ?? {});
  const paths = Object.entries(body.paths as Record<string, Record<string, Exemplified>>);
  return paths.flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const answers = Object.entries(operation.responses);
      const responses = Object.fromEntries(answers.map(([status, answer]) => [status, whole(answer)]));
      return {
        ...operation,
        responses,
        method: method.toUpperCase(),
        path,
        name: `${method.toUpperCase()} ${path}`,
      };
    }),
  );
}

/** What the document owes whoever tries the operation out, each in one line; empty where it owes nothing. */
export function complaintsOf(operation: Exemplified): readonly string[] {
  const { summary = '', description = '', parameters = [], requestBody, responses } = operation;
  const complaints = [
    ...(summary.trim() === '' ? ['no summary'] : []),
    ...(description.trim() === '' ? ['no description'] : []),
    ...parameters.flatMap(ofParameter),
    ...Object.entries(requestBody?.content ?? {}).flatMap(([type, media]) =>
      ofMedia(media).map((complaint) => `request body ${type}: ${complaint}`),
    ),
    ...Object.entries(responses).flatMap(([status, answer]) =>
      (Number(status) < FIRST_REFUSAL ? ofSuccess(answer) : ofProblems(Number(status), answer)).map(
        (complaint) => `answer ${status}: ${complaint}`,
      ),
    ),
  ];
  return complaints.map((complaint) => `${operation.name} (${operation.operationId}): ${complaint}`);
}

function ofParameter({
  name,
  required = false,
  schema,
  example,
  ...parameter
}: Parameter): readonly string[] {
  const isNeeded = required || NEEDED_HEADERS.includes(name);
  const what = `${parameter.in} parameter ${name}`;
  if (example === undefined) return isNeeded ? [`${what}: no example`] : [];
  if (!isNeeded) return [`${what}: an example of what may be left out, which pages would always send`];
  return misfit(schema as AnySchema, example).map((fault) => `${what}: its example ${fault}`);
}

function ofMedia({ schema = {}, example, examples = {} }: Media): readonly string[] {
  // Bytes are chosen from a disk: a document has none to show.
  if (schema.format === 'binary') return [];
  const all = [
    ...(example === undefined ? [] : [example]),
    ...Object.values(examples).map(({ value }) => value),
  ];
  if (all.length === 0) return ['no example'];
  return all.flatMap((each) => misfit(closedOf(schema), each)).map((fault) => `its example ${fault}`);
}

function ofSuccess({ content = {} }: DocumentedAnswer): readonly string[] {
  return Object.entries(content).flatMap(([type, media]) =>
    ofMedia(media).map((complaint) => `${type}: ${complaint}`),
  );
}

function ofProblems(status: number, { description = '', content = {} }: DocumentedAnswer): readonly string[] {
  const media = content[PROBLEM_CONTENT_TYPE];
  const codes = media?.schema?.properties?.['code']?.enum as readonly ProblemCode[] | undefined;
  if (media === undefined || codes === undefined) return [`no ${PROBLEM_CONTENT_TYPE} that names its codes`];
  return codes.flatMap((code) => [
    ...(description.includes(`\`${code}\``) ? [] : [`its description does not name ${code}`]),
    ...ofCode(status, code, media),
  ]);
}

function ofCode(status: number, code: ProblemCode, { schema = {}, examples = {} }: Media): readonly string[] {
  const known = PROBLEMS[code];
  if (known?.status !== status) return [`${code} is no problem of that status`];
  const value = examples[code]?.value as Readonly<Record<string, unknown>> | undefined;
  if (value === undefined) return [`no example of ${code}`];
  const { title, status: told, code: own } = value;
  const isOwn = title === known.title && told === status && own === code;
  return [
    ...(isOwn ? [] : [`the example of ${code} is not of it`]),
    ...misfit(schema as AnySchema, value).map((fault) => `the example of ${code} ${fault}`),
  ];
}

function misfit(schema: AnySchema, value: unknown): readonly string[] {
  if (ajv.validate(schema, value) === true) return [];
  return [`does not fit its schema: ${ajv.errorsText(ajv.errors, { dataVar: 'example' })}`];
}

export interface ExampleRequest {
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Null where it takes none. */
  readonly body: string | null;
}

/** Names in examples of things that a page's reader has to put in, and of what is theirs alone. */
const PUT_IN = /Id$|^(?:email|password|refreshToken|token)$/;
/** What is wanted of whoever is not there yet. */
const NEWCOMERS = /register$/;

/**
 * What a page sends that reads the document, when only what names something of the shop is put in.
 * @param values of the shop, by the names that the document has for them
 */
export function exampleRequest(
  { path, parameters = [], requestBody }: Exemplified,
  values: Readonly<Record<string, string>>,
): ExampleRequest {
  const given = parameters.filter(({ example }) => example !== undefined);
  const textOf = ({ name, example }: Parameter) => values[name] ?? String(example);
  const within = (place: string) => given.filter((parameter) => parameter.in === place);
  const query = within('query').map((each) => `${each.name}=${encodeURIComponent(textOf(each))}`);
  const filled = within('path').reduce(
    (target, each) => target.replace(`{${each.name}}`, encodeURIComponent(textOf(each))),
    path,
  );
  const [media] = Object.values(requestBody?.content ?? {});
  return {
    target: query.length === 0 ? filled : `${filled}?${query.join('&')}`,
    headers: Object.fromEntries(within('header').map((each) => [each.name, textOf(each)])),
    body: media === undefined ? null : bodyOf(media.example, path, values),
  };
}

function bodyOf(example: unknown, path: string, values: Readonly<Record<string, string>>): string {
  if (typeof example === 'string') return example;
  const { password = '', variantId = '', productId = '' } = values;
  const named: Readonly<Record<string, string>> = {
    ...{ currentPassword: password, id: path.endsWith('/changes') ? productId : variantId },
    ...(NEWCOMERS.test(path)
      ? {}
      : Object.fromEntries(Object.entries(values).filter(([name]) => PUT_IN.test(name)))),
  };
  return JSON.stringify(example, (name, value: unknown) => {
    if (typeof value !== 'string') return value;
    // A category of tax is none of the catalogue's.
    if (name === 'category' && value !== 'standard') return CATEGORY;
    return named[name] ?? value;
  });
}
