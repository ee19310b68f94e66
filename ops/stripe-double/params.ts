/** Parameter schemas as data: what an operation accepts, and the refusals that Stripe gives for the rest. */

import { invalidParameter } from './errors.ts';
import type { FormNode, FormTree } from './form.ts';

interface Common {
  readonly required?: true;
  /** Gone since this API version (a date): callers that pin it or a newer one get `parameter_unknown`. */
  readonly until?: string;
}
export interface IntegerParam extends Common {
  readonly kind: 'integer';
  readonly min?: number;
  readonly max?: number;
}
export interface TextParam extends Common {
  readonly kind: 'text';
  readonly maxLength?: number;
  readonly email?: true;
  /** An empty text unsets the value instead of being refused. */
  readonly unset?: true;
}
export interface ChoiceParam extends Common {
  readonly kind: 'choice';
  readonly values: readonly string[];
  readonly unset?: true;
}
export interface BooleanParam extends Common {
  readonly kind: 'boolean';
}
export interface MetadataParam extends Common {
  readonly kind: 'metadata';
}
export interface ListParam extends Common {
  readonly kind: 'list';
  readonly of: TextParam | ChoiceParam;
}
export interface HashParam extends Common {
  readonly kind: 'hash';
  readonly fields: Fields;
  readonly unset?: true;
}
/** A single value of one kind, or a hash, or a word: Stripe's `off_session` and `created`. */
export interface EitherParam extends Common {
  readonly kind: 'either';
  readonly of: readonly [Param, Param];
}
export type Param =
  | IntegerParam
  | TextParam
  | ChoiceParam
  | BooleanParam
  | MetadataParam
  | ListParam
  | HashParam
  | EitherParam;
export type Fields = { readonly [name: string]: Param };

/** A null text takes a key away, as Stripe's empty value does. */
export type MetadataPatch = Readonly<Record<string, string | null>>;

type Unset<P> = P extends { unset: true } ? null : never;
export type ValueOf<P> = P extends IntegerParam
  ? number
  : P extends TextParam
    ? string | Unset<P>
    : P extends ChoiceParam
      ? P['values'][number] | Unset<P>
      : P extends BooleanParam
        ? boolean
        : P extends MetadataParam
          ? MetadataPatch | null
          : P extends ListParam
            ? readonly string[]
            : P extends HashParam
              ? Parsed<P['fields']> | Unset<P>
              : P extends EitherParam
                ? ValueOf<P['of'][number]>
                : never;
type RequiredNames<F> = { [K in keyof F]: F[K] extends { required: true } ? K : never }[keyof F];
export type Parsed<F> = { readonly [K in RequiredNames<F>]: ValueOf<F[K]> } & {
  readonly [K in Exclude<keyof F, RequiredNames<F>>]?: ValueOf<F[K]>;
};

const MAX_TEXT_CHARS = 5_000;
const MAX_METADATA_KEYS = 50;
const MAX_METADATA_KEY_CHARS = 40;
const MAX_METADATA_VALUE_CHARS = 500;
const MAX_LIST_ITEMS = 100;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

function emptyRefused(path: string): never {
  throw invalidParameter(
    `You passed an empty string for '${path}'. An empty value unsets a parameter, and '${path}' cannot be unset: leave it out or give it a value.`,
    { code: 'parameter_invalid_empty', param: path },
  );
}

function textOf(node: FormNode, path: string, type: string): string {
  if (typeof node === 'string') return node;
  throw invalidParameter(`Invalid ${type}: ${path} must not be a hash or a list`, { param: path });
}

function parseInteger(param: IntegerParam, node: FormNode, path: string): number {
  const text = textOf(node, path, 'integer');
  if (text === '') emptyRefused(path);
  const value = Number(text);
  const details = { code: 'parameter_invalid_integer', param: path };
  if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw invalidParameter(`Invalid integer: ${text}`, details);
  }
  if (param.min !== undefined && value < param.min) {
    throw invalidParameter(`This value must be greater than or equal to ${param.min}.`, details);
  }
  if (param.max !== undefined && value > param.max) {
    throw invalidParameter(`This value must be less than or equal to ${param.max}.`, details);
  }
  return value;
}

function parseText(param: TextParam, node: FormNode, path: string): string | null {
  const text = textOf(node, path, 'string');
  if (text === '') return param.unset === true ? null : emptyRefused(path);
  const most = param.maxLength ?? MAX_TEXT_CHARS;
  if (text.length > most) {
    throw invalidParameter(`Invalid string: it must be at most ${most} characters`, { param: path });
  }
  if (param.email === true && !EMAIL.test(text)) {
    throw invalidParameter(`Invalid email address: ${text}`, { code: 'email_invalid', param: path });
  }
  return text;
}

function parseChoice(param: ChoiceParam, node: FormNode, path: string): string | null {
  const text = textOf(node, path, 'string');
  if (text === '') return param.unset === true ? null : emptyRefused(path);
  if (param.values.includes(text)) return text;
  throw invalidParameter(`Invalid ${path}: must be one of ${param.values.join(', ')}`, { param: path });
}

function parseBoolean(node: FormNode, path: string): boolean {
  const text = textOf(node, path, 'boolean');
  if (text === '') return emptyRefused(path);
  if (text === 'true' || text === 'false') return text === 'true';
  throw invalidParameter(`Invalid boolean: ${text}`, { param: path });
}

function parseMetadata(node: FormNode, path: string): MetadataPatch | null {
  if (node === '') return null;
  if (typeof node === 'string') throw invalidParameter('Invalid object', { param: path });
  if (node.size > MAX_METADATA_KEYS) {
    throw invalidParameter(`Metadata can hold at most ${MAX_METADATA_KEYS} keys`, { param: path });
  }
  const entries = [...node].map(([key, value]): [string, string | null] => {
    const place = `${path}[${key}]`;
    const text = textOf(value, place, 'string');
    if (key.length > MAX_METADATA_KEY_CHARS) {
      throw invalidParameter(`Metadata keys can have up to ${MAX_METADATA_KEY_CHARS} characters`, {
        param: path,
      });
    }
    if (text.length > MAX_METADATA_VALUE_CHARS) {
      throw invalidParameter(`Metadata values can have up to ${MAX_METADATA_VALUE_CHARS} characters`, {
        param: place,
      });
    }
    return [key, text === '' ? null : text];
  });
  return Object.fromEntries(entries);
}

function parseList(param: ListParam, node: FormNode, path: string): readonly unknown[] {
  const isList = typeof node !== 'string' && [...node.keys()].every((name) => /^\d+$/.test(name));
  if (!isList) throw invalidParameter('Invalid array', { param: path });
  if (node.size > MAX_LIST_ITEMS) {
    throw invalidParameter(`Invalid array: at most ${MAX_LIST_ITEMS} items`, { param: path });
  }
  return [...node].map(([name, item]) => parseParam(param.of, item, `${path}[${name}]`));
}

function parseHash(param: HashParam, node: FormNode, path: string): unknown {
  if (node === '' && param.unset === true) return null;
  if (typeof node === 'string') throw invalidParameter('Invalid object', { param: path });
  return parseTree(param.fields, node, path);
}

/** The alternative that is a hash takes hashes; between two single values, the first that fits. */
function parseEither(param: EitherParam, node: FormNode, path: string): unknown {
  const [first, second] = param.of;
  if (typeof node !== 'string') return parseParam(second.kind === 'hash' ? second : first, node, path);
  if (second.kind === 'choice' && second.values.includes(node)) return node;
  return parseParam(first, node, path);
}

function parseParam(param: Param, node: FormNode, path: string): unknown {
  switch (param.kind) {
    case 'integer':
      return parseInteger(param, node, path);
    case 'text':
      return parseText(param, node, path);
    case 'choice':
      return parseChoice(param, node, path);
    case 'boolean':
      return parseBoolean(node, path);
    case 'metadata':
      return parseMetadata(node, path);
    case 'list':
      return parseList(param, node, path);
    case 'hash':
      return parseHash(param, node, path);
    case 'either':
      return parseEither(param, node, path);
  }
}

function parseTree(fields: Fields, tree: FormTree, prefix: string): Record<string, unknown> {
  const pathOf = (name: string) => (prefix === '' ? name : `${prefix}[${name}]`);
  const unknown = [...tree.keys()].filter((name) => !Object.hasOwn(fields, name)).map(pathOf);
  if (unknown.length > 0) {
    throw invalidParameter(
      `Received unknown parameter${unknown.length > 1 ? 's' : ''}: ${unknown.join(', ')}`,
      {
        code: 'parameter_unknown',
        ...(unknown[0] === undefined ? {} : { param: unknown[0] }),
      },
    );
  }
  const parsed = Object.entries(fields).flatMap(([name, param]): [string, unknown][] => {
    const node = tree.get(name);
    if (node !== undefined) return [[name, parseParam(param, node, pathOf(name))]];
    if (param.required === true) {
      const path = pathOf(name);
      throw invalidParameter(`Missing required param: ${path}.`, { code: 'parameter_missing', param: path });
    }
    return [];
  });
  return Object.fromEntries(parsed);
}

/** The fields that exist for a caller who pins this version (`2026-10-28.endive`; only the date counts). */
export function fieldsAt(fields: Fields, apiVersion: string): Fields {
  const date = apiVersion.slice(0, 10);
  const kept = Object.entries(fields).filter(([, param]) => param.until === undefined || date < param.until);
  return Object.fromEntries(kept);
}

/** @throws {StripeDoubleError} with Stripe's code and `param` for the first parameter that does not fit. */
export function parseParams<F extends Fields>(fields: F, tree: FormTree): Parsed<F> {
  return parseTree(fields, tree, '') as Parsed<F>;
}
