/** Ports of the local stack are free ones, each given once. */

import { expect, test } from 'bun:test';
import { createServer } from 'node:net';
import { choosePorts, LOOPBACK } from '#ops/local/ports.ts';

test('every name gets a port of its own', async () => {
  const ports = await choosePorts({ a: 0, b: 0, c: 0, d: 0 });
  expect(new Set(Object.values(ports)).size).toBe(4);
});

test('a wanted port that is taken gives way to the next free one', async () => {
  const { wanted } = await choosePorts({ wanted: 0 });
  const occupant = createServer();
  await new Promise<void>((listening) => occupant.listen(wanted, LOOPBACK, listening));
  const { shop } = await choosePorts({ shop: wanted });
  await new Promise((closed) => occupant.close(closed));
  expect(shop).toBeGreaterThan(wanted);
});

test('two names that want the same port get neighbours', async () => {
  const { free } = await choosePorts({ free: 0 });
  const { first, second } = await choosePorts({ first: free, second: free });
  expect(first).toBe(free);
  expect(second).toBeGreaterThan(free);
});
