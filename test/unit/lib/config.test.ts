/** Configuration: a bad variable is named and its value never repeated. */

import { describe, expect, test } from 'bun:test';
import { Type } from '@sinclair/typebox';
import { ConfigError, parseConfig } from '#lib/config.ts';

const schema = Type.Object({
  PORT: Type.Integer({ minimum: 1, maximum: 65_535, default: 3000 }),
  RATE: Type.Optional(Type.Number()),
  STRICT: Type.Optional(Type.Boolean()),
  MODE: Type.Union([Type.Literal('fast'), Type.Literal('slow')], { default: 'fast' }),
  SHOP_SECRET: Type.String({ minLength: 16, pattern: '^[A-Z0-9]+$' }),
});
const SHOP_SECRET = 'ABCDEFGHIJKLMNOP';

function failure(environment: Record<string, string | undefined>): Error {
  try {
    parseConfig(schema, environment);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('the configuration was taken');
}

test('variables become numbers and booleans, defaults fill the rest, others are left alone', () => {
  const environment = { SHOP_SECRET, PORT: ' 8080 ', RATE: '0.5', STRICT: 'false', PATH: '/bin', HOME: '/' };
  expect(parseConfig(schema, environment)).toEqual({
    PORT: 8080,
    RATE: 0.5,
    STRICT: false,
    MODE: 'fast',
    SHOP_SECRET,
  });
});

test('text that looks like a number stays text where text is asked for', () => {
  expect(parseConfig(Type.Object({ A: Type.String() }), { A: '0123' })).toEqual({ A: '0123' });
});

test.each([undefined, '', '   '])('a variable that is %p is missing, and is named', (value) => {
  expect(failure({ SHOP_SECRET: value }).message).toBe('The environment variable SHOP_SECRET is missing.');
});

describe('a value that does not fit', () => {
  const refused: readonly (readonly [name: string, value: string])[] = [
    ['PORT', '12abc'],
    ['PORT', '0'],
    ['PORT', '65536'],
    ['PORT', '3.7'],
    ['PORT', 'true'],
    ['PORT', '0x1F90'],
    ['PORT', '1e3'],
    ['RATE', 'much'],
    ['STRICT', 'perhaps'],
    ['MODE', 'sideways'],
    ['SHOP_SECRET', 'short'],
    ['SHOP_SECRET', 'lower-case-and-long-enough'],
  ];
  test.each(refused)('%s=%s is refused by name, and the value is not repeated', (name, value) => {
    const { message } = failure({ SHOP_SECRET, [name]: value });
    expect(message).toStartWith(`The environment variable ${name} is not valid: expected `);
    expect(message.split(': ')[1]).not.toContain(value);
  });

  test('is explained with the pattern as it is written', () => {
    expect(failure({ SHOP_SECRET: 'lower-case-and-long-enough' }).message).toContain('^[A-Z0-9]+$');
  });
});
