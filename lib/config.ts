/** Configuration from the environment, parsed once at boot by a TypeBox schema. */

import type { Static, TObject } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';

/** A bad environment: one sentence naming the variable. It never repeats the value, which may be a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Parses the variables that the schema names, converting numbers and booleans and applying defaults.
 * An empty variable counts as absent.
 * @throws {ConfigError} for the first variable that is missing or does not fit.
 */
export function parseConfig<Schema extends TObject>(
  schema: Schema,
  environment: Readonly<Record<string, string | undefined>>,
): Static<Schema> {
  const named = Object.keys(schema.properties)
    .map((name) => [name, environment[name]?.trim() ?? ''] as const)
    .filter(([, text]) => text !== '');
  for (const [name, text] of named) checkNumber(name, text, schema.properties[name]?.['type']);
  const candidate = Value.Convert(schema, Value.Default(schema, Object.fromEntries(named)));
  const failure = Value.Errors(schema, candidate).First();
  if (failure === undefined) return Value.Decode(schema, candidate);
  const name = failure.path.split('/')[1] ?? '';
  if ((environment[name]?.trim() ?? '') === '') {
    throw new ConfigError(`The environment variable ${name} is missing.`);
  }
  const reason = failure.message.slice(0, 1).toLowerCase() + failure.message.slice(1);
  throw new ConfigError(`The environment variable ${name} is not valid: ${reason}.`);
}

/** TypeBox would read `3.7` as the integer 3, `0x10` as 16 and `true` as 1. */
function checkNumber(name: string, text: string, type: unknown): void {
  const plain = type === 'integer' ? /^-?\d+$/ : type === 'number' ? /^-?\d+(\.\d+)?$/ : null;
  if (plain === null || plain.test(text)) return;
  throw new ConfigError(`The environment variable ${name} is not valid: expected ${type}.`);
}
