/** Configurations as Cap'n Proto's text format. */

import { expect, test } from 'bun:test';
import { capnpText } from '#ops/edge/capnp.ts';

test('structs, lists, truths and texts have the spelling of the format', () => {
  const value = { name: 'edge', flags: ['a', 'b'], http: {}, internal: true };
  expect(capnpText(value)).toBe('(name = "edge", flags = ["a", "b"], http = (), internal = true)');
});

test('a value of an enum stands without quotes', () => {
  expect(capnpText({ minVersion: Symbol('tls1Dot3') })).toBe('(minVersion = tls1Dot3)');
});

test('a script stays as it is: quotes, backslashes and line ends are escaped', () => {
  expect(capnpText('f("\\u0041");\n')).toBe(String.raw`"f(\"\\u0041\");\n"`);
});
