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

test('what was paid survives every end of the process, and an asked-for end exits with 0', async () => {
  const state = ['--state', join(folder, 'state.sqlite')];
  const paid: string[] = [];
  for (const [signal, code] of [
    ['SIGTERM', 0],
    ['SIGINT', 0],
    ['SIGKILL', 137],
  ] as const) {
    const { child, url, stripe } = await started(state);
    expect(await (await fetch(`${url}/_double/health`)).json()).toEqual({ status: 'ok' });
    paid.push((await pay(stripe)).id);
    child.kill(signal);
    expect(await child.exited).toBe(code);
  }
  const { child, stripe } = await started(state);
  const known = (await stripe.paymentIntents.list()).data.map(({ id, status }) => `${id} ${status}`);
  expect(known).toEqual(paid.toReversed().map((id) => `${id} succeeded`));
  child.kill('SIGTERM');
  await child.exited;
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
