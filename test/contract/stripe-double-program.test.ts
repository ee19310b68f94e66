/** The Stripe double as a program: its flags, its readiness, and that a stopped one has lost nothing. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Stripe from 'stripe';
import { pay } from '#test/support/stripe-double-client.ts';

const MAIN = fileURLToPath(new URL('../../ops/stripe-double/main.ts', import.meta.url));
const EXIT_DEADLINE_MS = 5_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stripe-double-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function run(args: readonly string[], env: Record<string, string> = {}) {
  return Bun.spawn([process.execPath, MAIN, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: EXIT_DEADLINE_MS,
  });
}

async function started(args: readonly string[]) {
  const child = run(['--port', '0', ...args]);
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  const line = JSON.parse(new TextDecoder().decode(value)) as { url: string };
  const { hostname, port } = new URL(line.url);
  const stripe = new Stripe('sk_test_program', { host: hostname, port, protocol: 'http', telemetry: false });
  return { child, url: line.url, stripe };
}

test('what it was paid survives SIGTERM, and it exits with 0', async () => {
  const state = ['--state', join(folder, 'state.sqlite')];
  const first = await started(state);
  expect(await (await fetch(`${first.url}/_double/health`)).json()).toEqual({ status: 'ok' });
  const paid = await pay(first.stripe);
  first.child.kill('SIGTERM');
  expect(await first.child.exited).toBe(0);
  const second = await started(state);
  expect((await second.stripe.paymentIntents.retrieve(paid.id)).status).toBe('succeeded');
  second.child.kill('SIGINT');
  expect(await second.child.exited).toBe(0);
});

test('--help names every flag and variable', async () => {
  const text = await new Response(run(['--help']).stdout).text();
  for (const name of ['--port', '--state', '--webhook-url', '--webhook-secret', 'STRIPE_DOUBLE_PORT']) {
    expect(text).toContain(name);
  }
});

const wrong: readonly (readonly [string, readonly string[], Record<string, string>])[] = [
  ['STRIPE_DOUBLE_PORT', ['--port', 'x'], {}],
  ['STRIPE_WEBHOOK_URL', [], { STRIPE_WEBHOOK_URL: 'nowhere' }],
  ['STRIPE_WEBHOOK_SECRET', ['--webhook-url', 'http://127.0.0.1:1/'], {}],
  ['--unknown', ['--unknown'], {}],
];
test.each(wrong)('a bad %s stops the start with a sentence that names it', async (name, args, env) => {
  const child = run(args, env);
  expect(await child.exited).toBe(1);
  expect(await new Response(child.stderr).text()).toContain(name);
});
