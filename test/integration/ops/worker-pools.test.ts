/**
 * The pool of email workers as the local stack runs it, with processes of their own: it grows with the queue, shrinks
 * when the queue has been short for a while, and of 1,250 letters each goes out once.
 */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import type { Part } from '#ops/local/part.ts';
import { bunPart, urlOf } from '#ops/local/parts.ts';
import { choosePorts } from '#ops/local/ports.ts';
import { openRegister, readRegister } from '#ops/local/register.ts';
import { queueDepth } from '#ops/local/scaled-workers.ts';
import { createSupervisor, type Supervisor } from '#ops/local/supervisor.ts';
import { startPool } from '#ops/local/worker-pools.ts';
import type { MailCatcher } from '#ops/mail-catcher/catcher.ts';
import { eventually } from '#test/support/eventually.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { openMail, openStream, type StreamView, tell } from '#test/support/workers.ts';
import { workersEnvironment } from '#test/support/workers-process.ts';
import { SCALED_GROUPS } from '#workers/groups.ts';
import { relayBatch } from '#workers/outbox-relay.ts';
import { SCALING } from '#workers/scaling.ts';

setDefaultTimeout(4 * MINUTE_MS);

const LETTERS = 1_250;
const BATCH = 250;
/**
 * What a slow mail server takes for each: two processes with four connections each send 20 a second, so that the queue
 * fills faster than it empties on a slow machine, too.
 */
const SMTP_DELAY_MS = 400;
const READ_EVERY_MS = 200;
const DEADLINE_MS = 3 * MINUTE_MS;
const RULE = { ...SCALING.email, holdMs: 3 * SECOND_MS };

let shop: OriginUnderTest;
let stream: StreamView;
let mail: MailCatcher;
let folder: string;
let supervisor: Supervisor;
beforeAll(async () => {
  shop = await openOrigin();
  stream = await openStream(shop);
  mail = await openMail(SMTP_DELAY_MS);
  folder = await mkdtemp(join(tmpdir(), 'hotshelf-pools-'));
  supervisor = createSupervisor({
    logFolder: folder,
    register: openRegister(folder),
    say: () => undefined,
  });
});
afterAll(async () => {
  await supervisor.stop();
  await mail.stop();
  await stream.close();
  await shop.close();
  await rm(folder, { recursive: true, force: true });
});

async function emailWorkers(name: string): Promise<Part> {
  const { port } = await choosePorts({ port: 0 });
  const options = { config: shop.config, smtpUrl: mail.smtpUrl, consumers: 'email' };
  return bunPart({
    name,
    file: 'workers/main.ts',
    environment: { ...workersEnvironment(options), WORKERS_PORT: String(port) },
    readyUrl: `${urlOf(port)}/readyz`,
    liveUrl: `${urlOf(port)}/livez`,
  });
}

/** Those that were started and have not ended. */
async function running(): Promise<number> {
  return (await readRegister(folder)).length;
}

test('2 workers become 10 for 1,250 letters and 2 again, and each letter goes out once', async () => {
  const said: string[] = [];
  const pool = startPool({
    ...{ group: 'email', rule: RULE, supervisor, everyMs: READ_EVERY_MS },
    read: () => queueDepth(shop.config.NATS_URL, SCALED_GROUPS.email),
    makePart: emailWorkers,
    say: (text) => said.push(text),
  });
  await eventually('two workers', async () => (await running()) === 2, DEADLINE_MS);
  const { userId } = await shop.signIn();
  for (let sent = 0; sent < LETTERS; sent += BATCH) {
    const letters = Array.from({ length: BATCH }, () => {
      return { name: 'account.password_changed', data: { userId } } as const;
    });
    await tell(shop.deps, ...letters);
    while ((await relayBatch(shop.deps)) > 0);
  }
  await eventually('ten workers', async () => (await running()) === 10, DEADLINE_MS);
  await eventually('every letter', async () => (await mail.messages()).length >= LETTERS, DEADLINE_MS);
  await eventually('two workers again', async () => (await running()) === 2, DEADLINE_MS);
  await stream.settled('account-email');
  await pool.stop();
  expect(await running()).toBe(0);
  const health = (await (await fetch(`${mail.httpUrl}/health`)).json()) as Record<string, unknown>;
  expect(health).toMatchObject({ messages: LETTERS, repeats: 0 });
  // Each step once, none to and fro.
  const steps = said.map((text) => /(\d+) → (\d+)/.exec(text)?.slice(1).map(Number) ?? []);
  const heights = [0, ...steps.map(([, to = 0]) => to)];
  const top = heights.indexOf(10);
  expect(heights.slice(0, top + 1)).toEqual(heights.slice(0, top + 1).toSorted((a, b) => a - b));
  expect(heights.slice(top)).toEqual(heights.slice(top).toSorted((a, b) => b - a));
});
