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
    .map((name) => [name, environment[name]?.trim()] as const)
    .filter(([, text]) => text !== undefined && text !== '');
  const candidate = Value.Convert(schema, Value.Default(schema, Object.fromEntries(named)));
  const failure = Value.Errors(schema, candidate).First();
  if (failure === undefined) return Value.Decode(schema, candidate);
  const name = failure.path.split('/')[1] ?? '';
  if (environment[name] === undefined || environment[name] === '') {
    throw new ConfigError(`The environment variable ${name} is missing.`);
  }
  throw new ConfigError(`The environment variable ${name} is not valid: ${failure.message.toLowerCase()}.`);
}
