/** Stripe's OpenAPI document as JSON Schema for ajv: its `nullable` and extensions turned into plain keywords. */

import { existsSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';

type Json = Readonly<Record<string, unknown>>;

/** Beside the checkout, where there is one: it is too large to be part of the project. */
const DOCUMENT = new URL('../../../shared/data/stripe-openapi-2023-08-16.json', import.meta.url);

const ROOT_ID = 'stripe-openapi';
const DROPPED = new Set(['nullable', 'discriminator', 'description', 'title', 'format']);

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function convertProperties(properties: Json): Json {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, toJsonSchema(schema)]));
}

function convertKeyword(name: string, value: unknown): unknown {
  if (name === 'properties' && isObject(value)) return convertProperties(value);
  if (name === 'enum' || name === 'required') return value;
  if (name === '$ref' && typeof value === 'string') return `${ROOT_ID}${value}`;
  return Array.isArray(value) ? value.map(toJsonSchema) : toJsonSchema(value);
}

function toJsonSchema(schema: unknown): unknown {
  if (!isObject(schema)) return schema;
  const kept = Object.entries(schema).filter(([name]) => !DROPPED.has(name) && !name.startsWith('x-'));
  const plain = Object.fromEntries(kept.map(([name, value]) => [name, convertKeyword(name, value)]));
  return schema['nullable'] === true ? { anyOf: [plain, { type: 'null' }] } : plain;
}

/** A parameter as the document has it, wherever it stands. */
export interface DocumentedParam {
  readonly schema: Json;
  readonly required: boolean;
}

export interface StripeDocument {
  /** The parameters of a call, `:id` standing for the id in the path; null when the document has no such call. */
  params(method: string, path: string): ReadonlyMap<string, DocumentedParam> | null;
  /** Checks an answer of the call with this status. */
  answerCheck(method: string, path: string, status: number): ValidateFunction;
  /** Checks an object by the name of its schema. */
  objectCheck(name: string): ValidateFunction;
}

export function membersOf(schema: Json): ReadonlyMap<string, DocumentedParam> {
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  return new Map(
    Object.entries(properties).map(([name, value]) => [
      name,
      { schema: value as Json, required: required.includes(name) },
    ]),
  );
}

interface RawOperation {
  readonly parameters?: readonly { in: string; name: string; required?: boolean; schema: Json }[];
  readonly requestBody?: { readonly content: Record<string, { schema: Json }> };
  readonly responses: Record<string, { content: Record<string, { schema: Json }> }>;
}

function paramsOf(operation: RawOperation): ReadonlyMap<string, DocumentedParam> {
  const query = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query');
  const form = operation.requestBody?.content['application/x-www-form-urlencoded']?.schema ?? {};
  const queried = query.map(({ name, schema, required }): [string, DocumentedParam] => [
    name,
    { schema, required: required === true },
  ]);
  return new Map([...queried, ...membersOf(form)]);
}

/** The document, or null on a machine that does not have it. */
export async function loadStripeDocument(): Promise<StripeDocument | null> {
  if (!existsSync(DOCUMENT)) return null;
  const document = (await Bun.file(DOCUMENT).json()) as {
    readonly paths: Record<string, Record<string, RawOperation>>;
    readonly components: { readonly schemas: Json };
  };
  const ajv = new Ajv({ strict: false, allErrors: true });
  ajv.addSchema({ $id: ROOT_ID, components: { schemas: convertProperties(document.components.schemas) } });
  const operations = new Map(
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]): [string, RawOperation] => [
        `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, ':id')}`,
        operation,
      ]),
    ),
  );
  const checks = new Map<string, ValidateFunction>();
  const compiled = (key: string, schema: unknown) => {
    const check = checks.get(key) ?? ajv.compile(toJsonSchema(schema) as Json);
    checks.set(key, check);
    return check;
  };
  return {
    params: (method, path) => {
      const operation = operations.get(`${method} ${path}`);
      return operation === undefined ? null : paramsOf(operation);
    },
    answerCheck: (method, path, status) => {
      const { responses } = operations.get(`${method} ${path}`) ?? { responses: {} };
      const kind = status === 200 ? '200' : 'default';
      return compiled(`${method} ${path} ${kind}`, responses[kind]?.content['application/json']?.schema);
    },
    objectCheck: (name) => compiled(name, { $ref: `#/components/schemas/${name}` }),
  };
}
