/** The mail catcher as its clients meet it: nodemailer over SMTP, fetch over HTTP, the program on its command line. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { type MailCatcher, startMailCatcher } from '#ops/mail-catcher/catcher.ts';
import type { CaughtMessage, MessageIndex } from '#ops/mail-catcher/store.ts';

let storeDir: string;
let catcher: MailCatcher;
const DEADLINE_MS = 5_000;

const start = (maxMessages?: number) =>
  startMailCatcher({
    smtpPort: 0,
    httpPort: 0,
    storeDir,
    ...(maxMessages === undefined ? {} : { maxMessages }),
  });

beforeEach(async () => {
  storeDir = await mkdtemp(join(tmpdir(), 'mail-catcher-'));
  catcher = await start();
});

afterEach(async () => {
  await catcher.stop();
  await rm(storeDir, { recursive: true });
});

interface Mail {
  readonly to: string;
  readonly subject?: string;
  readonly html?: string;
  readonly text?: string;
  readonly bcc?: string;
  readonly messageId?: string;
}

async function send(mail: Mail): Promise<string> {
  const transport = createTransport({ url: catcher.smtpUrl, socketTimeout: DEADLINE_MS });
  const sent = await transport.sendMail({
    from: 'Hotshelf <shop@example.com>',
    headers: { 'X-Order': 'o-1' },
    ...mail,
  });
  transport.close();
  return sent.messageId;
}

const refusal = (mail: Mail) =>
  send(mail).then(
    () => 'accepted',
    (error: { responseCode?: number; code?: string }) => error.responseCode ?? error.code,
  );

const get = (path: string, init: RequestInit = {}) =>
  fetch(catcher.httpUrl + path, { ...init, signal: AbortSignal.timeout(DEADLINE_MS) });

const list = async (query: string) => (await (await get(`/messages${query}`)).json()) as CaughtMessage[];

const keptFiles = async () => (await readdir(storeDir)).filter((name) => name.endsWith('.eml'));

const fault = (body: unknown) =>
  get('/faults', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

test('what is delivered twice under one id to one address is there once, and counted', async () => {
  const before = (await (await get('/health')).json()) as { repeats: number };
  const mail = { to: 'twice@example.com', subject: 'Twice', text: 'Twice', messageId: '<twice@hotshelf>' };
  await send(mail);
  await send(mail);
  await send({ ...mail, to: 'other@example.com' });
  await send({ ...mail, messageId: '<another@hotshelf>' });
  expect(await list('?to=twice@example.com')).toHaveLength(2);
  expect(await list('?to=other@example.com')).toHaveLength(1);
  const { repeats } = (await (await get('/health')).json()) as { repeats: number };
  expect(repeats - before.repeats).toBe(1);
  await get('/messages', { method: 'DELETE' });
});

test('a message sent over SMTP is listed with its envelope, both bodies and its headers', async () => {
  const messageId = await send({
    to: 'ada@example.com',
    bcc: 'audit@example.com',
    subject: 'Danke für Ihre Bestellung ✓',
    text: 'Grüße',
    html: '<p>Grüße</p>',
  });
  const listed = await list('?to=ADA@example.com');
  expect(listed).toHaveLength(1);
  expect(listed[0]).toMatchObject({
    from: 'shop@example.com',
    to: ['ada@example.com', 'audit@example.com'],
    subject: 'Danke für Ihre Bestellung ✓',
    text: expect.stringContaining('Grüße'),
    html: expect.stringContaining('<p>Grüße</p>'),
    messageId,
  });
  const [message] = listed;
  expect(message?.headers['x-order']).toBe('o-1');
  expect(Date.parse(message?.receivedAt ?? '')).toBeLessThanOrEqual(Date.now());
  expect<unknown>(await (await get(`/messages/${message?.id}`)).json()).toEqual(message);
});

test('the list is newest first, filtered by a whole address, and never longer than asked for', async () => {
  await send({ to: 'ada@example.com', subject: 'first', text: '1' });
  await send({ to: 'bob@example.com', subject: 'second', text: '2' });
  await send({ to: 'ada@example.com', subject: 'third', text: '3' });
  const subjects = async (query: string) => (await list(query)).map(({ subject }) => subject);
  expect(await subjects('')).toEqual(['third', 'second', 'first']);
  expect(await subjects('?to=ada@example.com')).toEqual(['third', 'first']);
  expect(await subjects('?to=da@example.com')).toEqual([]);
  expect(await subjects('?limit=1')).toEqual(['third']);
  for (const limit of ['0', '1001', 'x', '1.5'])
    expect((await get(`/messages?limit=${limit}`)).status).toBe(400);
});

test('the index pages through all that is kept, oldest first, and says since when that is everything', async () => {
  const openedAt = Date.now();
  const ids: string[] = [];
  for (const to of ['ada@example.com', 'bob@example.com', 'cy@example.com'])
    ids.push(await send({ to, subject: 'one', text: '1' }));
  const page = async (query: string) => (await (await get(`/message-index${query}`)).json()) as MessageIndex;
  const first = await page('?limit=2');
  const second = await page(`?limit=2&after=${first.items[1]?.id}`);
  expect([...first.items, ...second.items].map(({ messageId }) => messageId)).toEqual(ids);
  expect(second.items[0]?.to).toEqual(['cy@example.com']);
  expect(Date.parse(first.keptSince)).toBeLessThanOrEqual(openedAt);
  await catcher.stop();
  catcher = await start(2);
  const kept = await page('');
  expect(kept.items.map(({ messageId }) => messageId)).toEqual(ids.slice(1));
  expect(Date.parse(kept.keptSince)).toBeGreaterThanOrEqual(Date.parse(first.items[0]?.receivedAt ?? ''));
  await get('/messages', { method: 'DELETE' });
  const cleared = await page('');
  expect(cleared.items).toEqual([]);
  expect(Date.parse(cleared.keptSince)).toBeGreaterThanOrEqual(Date.parse(kept.keptSince));
  expect((await get('/message-index?limit=0')).status).toBe(400);
});

test('messages survive a restart, and only the newest are kept', async () => {
  for (const subject of ['one', 'two', 'three'])
    await send({ to: 'ada@example.com', subject, text: subject });
  await catcher.stop();
  catcher = await start(2);
  expect((await catcher.messages()).map(({ subject }) => subject)).toEqual(['three', 'two']);
  expect((await catcher.messages())[0]?.to).toEqual(['ada@example.com']);
  await send({ to: 'ada@example.com', subject: 'four', text: 'four' });
  expect((await catcher.messages()).map(({ subject }) => subject)).toEqual(['four', 'three']);
  expect(await keptFiles()).toHaveLength(2);
});

test('DELETE /messages forgets everything, on disk too', async () => {
  await send({ to: 'ada@example.com', text: 'x' });
  expect((await get('/messages', { method: 'DELETE' })).status).toBe(204);
  expect(await (await get('/messages')).json()).toEqual([]);
  expect(await keptFiles()).toEqual([]);
});

test('a fault on request refuses as many messages as asked for, for good or for now, and keeps none', async () => {
  expect((await fault({ kind: 'reject', times: 1 })).status).toBe(204);
  expect(await refusal({ to: 'ada@example.com', text: 'x' })).toBe(550);
  await fault({ kind: 'tempfail', times: 2 });
  expect(await refusal({ to: 'ada@example.com', text: 'x' })).toBe(451);
  expect(await refusal({ to: 'ada@example.com', text: 'x' })).toBe(451);
  expect(await refusal({ to: 'ada@example.com', text: 'x' })).toBe('accepted');
  expect(await catcher.messages()).toHaveLength(1);
});

test('a hanging server never answers the message, keeps none, and still stops', async () => {
  await fault({ kind: 'hang', times: 1 });
  const transport = createTransport({ url: catcher.smtpUrl, socketTimeout: 200 });
  const outcome = transport.sendMail({ from: 'a@example.com', to: 'b@example.com', text: 'x' });
  expect(
    await outcome.then(
      () => 'accepted',
      (error: { code?: string }) => error.code,
    ),
  ).toBe('ETIMEDOUT');
  expect(await catcher.messages()).toEqual([]);
});

test('a fault that is unknown, unbounded or not JSON is refused', async () => {
  for (const body of [
    {},
    { kind: 'explode', times: 1 },
    { kind: 'hang', times: 1e9 },
    { kind: 'hang', times: -1 },
  ]) {
    expect((await fault(body)).status).toBe(400);
  }
  expect((await get('/faults', { method: 'POST', body: '{"kind":"hang","times":1}' })).status).toBe(415);
  expect(await refusal({ to: 'ada@example.com', text: 'x' })).toBe('accepted');
});

test('the page escapes what senders write and frames their HTML in a sandbox without scripts', async () => {
  const attack = '<script>alert(1)</script>';
  await send({ to: 'ada@example.com', subject: attack, text: attack, html: `<b>hi</b>${attack}` });
  const page = await get('/');
  const html = await page.text();
  expect(html).not.toContain(attack);
  expect(html).toContain('&lt;script&gt;');
  expect(html).toContain('<iframe sandbox ');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  const [message] = await catcher.messages();
  const framed = await get(`/messages/${message?.id}/html`);
  expect(await framed.text()).toContain('<b>hi</b>');
  expect(framed.headers.get('content-security-policy')).toStartWith("sandbox; default-src 'none'");
});

test('unknown messages and paths are 404, and another host name is refused', async () => {
  for (const path of ['/messages/nope', '/messages/..%2f..%2fetc%2fpasswd', '/messages/nope/html', '/nope']) {
    expect((await get(path)).status).toBe(404);
  }
  expect((await get('/messages', { headers: { host: 'evil.example' } })).status).toBe(403);
  expect(await (await get('/health')).json()).toEqual({ status: 'ok', messages: 0, repeats: 0 });
});

test('a message over the size limit is refused with 552', async () => {
  expect(await refusal({ to: 'ada@example.com', text: 'x'.repeat(3 * 1024 * 1024) })).toBe(552);
  expect(await catcher.messages()).toEqual([]);
});

test('a client that breaks off in the middle of a message leaves nothing behind', async () => {
  const { port } = new URL(catcher.smtpUrl);
  const socket = connect({ port: Number(port), host: '127.0.0.1' });
  const replies: string[] = [];
  const lines = ['EHLO x', 'MAIL FROM:<a@example.com>', 'RCPT TO:<b@example.com>', 'DATA'];
  await new Promise<void>((resolve) => {
    socket.on('data', (data) => {
      replies.push(data.toString());
      const next = lines.shift();
      if (next !== undefined) socket.write(`${next}\r\n`);
      else socket.write('Subject: half\r\n\r\nhalf a mess', () => socket.destroy());
    });
    socket.on('close', () => resolve());
  });
  expect(replies.at(-1)).toStartWith('354');
  expect(await refusal({ to: 'ada@example.com', text: 'whole' })).toBe('accepted');
  expect(await catcher.messages()).toHaveLength(1);
});

const program = (args: readonly string[], env: Record<string, string> = {}) =>
  Bun.spawn([process.execPath, 'ops/mail-catcher/main.ts', ...args], {
    cwd: join(import.meta.dir, '..', '..'),
    env: { ...process.env, ...env },
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: DEADLINE_MS,
  });

test('the program says its addresses, takes the environment for flags, and ends cleanly on SIGTERM', async () => {
  const child = program(['--smtp-port', '0', '--store', storeDir], { MAIL_CATCHER_HTTP_PORT: '0' });
  const reader = child.stdout.getReader();
  const line = new TextDecoder().decode((await reader.read()).value);
  const [, smtpUrl, httpUrl] = /ready: (\S+) (\S+)/.exec(line) ?? [];
  expect(smtpUrl).toStartWith('smtp://127.0.0.1:');
  expect((await fetch(`${httpUrl}/health`)).status).toBe(200);
  child.kill('SIGTERM');
  expect(await child.exited).toBe(0);
});

test('the program explains itself, and names what is missing, wrong or taken', async () => {
  const run = async (args: readonly string[]) => {
    const child = program(args);
    const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
    return { code: await child.exited, text: out + err };
  };
  const { port } = new URL(catcher.smtpUrl);
  const [help, missing, wrong, unknown, taken] = await Promise.all([
    run(['--help']),
    run(['--smtp-port', '0', '--http-port', '0']),
    run(['--smtp-port', '99999', '--http-port', '0', '--store', storeDir]),
    run(['--nonsense']),
    run(['--smtp-port', port, '--http-port', '0', '--store', storeDir]),
  ]);
  expect(help).toMatchObject({ code: 0, text: expect.stringContaining('--smtp-port N') });
  expect(missing).toMatchObject({ code: 1, text: expect.stringContaining('--store DIR') });
  expect(wrong).toMatchObject({ code: 1, text: expect.stringContaining('--smtp-port') });
  expect(unknown).toMatchObject({ code: 1, text: expect.stringContaining('--nonsense') });
  expect(taken).toMatchObject({ code: 1, text: expect.stringContaining(port) });
});
