/** `npm run trace`: one request's lines out of every process's log, in their order, by any of its three names. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newTrace, requestIdOf, traceId } from '#lib/trace.ts';
import { parseCommand } from '#ops/trace/command-line.ts';
import { operate } from '#ops/trace/operate.ts';
import { eventually } from '#test/support/eventually.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { cartWith, checkOut, createProduct } from '#test/support/shopping.ts';

let shop: OriginUnderTest;
let logs: string;
beforeAll(async () => {
  shop = await openOrigin();
  logs = await mkdtemp(join(tmpdir(), 'hotshelf-trace-'));
});
afterAll(async () => {
  await rm(logs, { recursive: true });
  await shop.close();
});

async function told(id: string) {
  const command = parseCommand([id, '--logs', logs]);
  if (command.kind !== 'run') throw new Error('it does not run');
  const lines: string[] = [];
  const operator = { db: shop.deps.db, say: (text: string) => void lines.push(text), complain: () => {} };
  return { code: await operate(operator, command.action), lines };
}

test('request id and trace id find the same lines, in the order of their times, and nobody else’s', async () => {
  const trace = newTrace();
  const line = (time: string, id: string, message: string) =>
    `${JSON.stringify({ time, level: 'info', message, traceId: id, requestId: 'r', status: 201 })}\n`;
  const mine = traceId(trace);
  await Bun.write(join(logs, 'workers.log'), line('2026-01-02T03:04:05.250Z', mine, 'mailed'));
  await Bun.write(
    join(logs, 'edge.log'),
    `no JSON of ${mine}\n${line('2026-01-02T03:04:05.000Z', mine, 'came')}${line('2026-01-02T03:04:05.100Z', 'other', mine)}`,
  );
  const found = await told(mine);
  expect(found.code).toBe(0);
  expect(found.lines).toEqual([
    `trace ${mine}`,
    '2026-01-02T03:04:05.000Z    +0 ms  edge     came status=201',
    '2026-01-02T03:04:05.250Z  +250 ms  workers  mailed status=201',
  ]);
  expect(await told(requestIdOf(trace))).toEqual(found);
});

test('an order’s number finds its checkout', async () => {
  const { variantId } = await createProduct(shop);
  const { body } = await checkOut(shop, await cartWith(shop, variantId));
  await eventually('the line', () => shop.logs.some((line) => line.includes('/api/v1/checkout')));
  await Bun.write(join(logs, 'origin.log'), shop.logs.join('\n'));
  const { code, lines } = await told(String(body.number));
  expect(code).toBe(0);
  expect(lines.join('\n')).toContain('answered method=POST route=/api/v1/checkout status=201');
});

test('what is not there, or no id, is said to be so', async () => {
  expect((await told(traceId(newTrace()))).code).toBe(1);
  expect((await told('999999999')).code).toBe(1);
  expect(() => parseCommand(['something'])).toThrow('is no request id');
  expect(() => parseCommand([])).toThrow('Say one id.');
});
