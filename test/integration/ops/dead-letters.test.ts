/** What an operator does about messages that no worker could handle, with the command as it is typed. */

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { listDeadLetters, parkDeadLetter } from '#db/dead-letters.ts';
import { deadLetters } from '#db/schema/messaging.ts';
import { encodeEvent } from '#lib/events.ts';
import type { EventId } from '#lib/ids.ts';
import type { MailCatcher } from '#ops/mail-catcher/catcher.ts';
import { eventually } from '#test/support/eventually.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { cartWith, checkOut, createProduct } from '#test/support/shopping.ts';
import {
  type Loops,
  openLoops,
  openMail,
  openStream,
  parked,
  recorder,
  type StreamView,
} from '#test/support/workers.ts';
import { sellStock } from '#workers/handlers/sell-stock.ts';
import { sendReceipt } from '#workers/handlers/send-receipt.ts';
import { createMailer } from '#workers/mailer.ts';

/** A process starts and ends in it, on a busy machine too. */
const TEST_TIMEOUT_MS = 60_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

let shop: OriginUnderTest;
let mail: MailCatcher;
let stream: StreamView;
let loops: Loops;
beforeAll(async () => {
  shop = await openOrigin();
  mail = await openMail();
  stream = await openStream(shop);
  loops = openLoops(shop);
});
afterEach(async () => {
  await loops.stop();
  await shop.deps.db.delete(deadLetters);
});
afterAll(async () => {
  await stream.close();
  await mail.stop();
  await shop.close();
});

async function command(...args: readonly string[]) {
  return commandWith({ DATABASE_URL: shop.databaseUrl }, ...args);
}

async function commandWith(environment: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const child = Bun.spawn([process.execPath, 'ops/dead-letters/main.ts', ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { code: await child.exited, out, err };
}

const anEvent = (orderId: string = crypto.randomUUID()) =>
  encodeEvent({
    id: shop.deps.ids.next<EventId>(),
    name: 'order.cancelled',
    version: 1,
    occurredAt: new Date().toISOString(),
    traceparent: null,
    data: { orderId },
  });

async function park(consumer: string, message: Uint8Array = anEvent()): Promise<number> {
  const letter = { consumer, eventId: null, message, reason: 'Error: it is broken', attempts: 8 };
  await parkDeadLetter(shop.deps.db, letter);
  const letters = await listDeadLetters(shop.deps.db, { consumer, limit: 100 });
  return letters.at(-1)?.id ?? 0;
}

test('a receipt that was parked is sent once the mail server is back, and no other consumer hears of it', async () => {
  const mailer = createMailer(mail.smtpUrl, 'Hotshelf <orders@hotshelf.example>');
  const receipts = sendReceipt(mailer);
  mail.fail({ kind: 'reject', times: 1_000 });
  loops.relay();
  loops.consume(receipts);
  loops.consume(sellStock);
  const product = await createProduct(shop, { stock: 3 });
  const { body: order } = await checkOut(shop, await cartWith(shop, product.variantId));
  const letter = await eventually('it is parked', async () => (await parked(shop, 'email')).at(0));
  expect(letter.attempts).toBeGreaterThan(1);
  await stream.settled('inventory');
  const published = await stream.count();

  mail.fail({ kind: 'reject', times: 0 });
  loops.again(receipts, sellStock);
  const sent = await command('send', String(letter.id));
  expect(sent).toMatchObject({ code: 0 });
  expect(sent.out).toContain('Handled: 1. Failed again: 0. Not tried yet: 0.');
  expect((await mail.messages()).map(({ subject }) => subject)).toEqual([`Your order ${order.number}`]);
  expect(await parked(shop, 'email')).toEqual([]);
  expect(await stream.count()).toBe(published);
  mailer.close();
});

describe('send', () => {
  test('tries all of one consumer, and leaves the others alone', async () => {
    const [one, other] = [recorder(), recorder()];
    const ids = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];
    for (const id of ids) await park(one.name, anEvent(id));
    await park(other.name);
    loops.again(one, other);
    expect(await command('send', '--consumer', one.name)).toMatchObject({ code: 0 });
    expect(one.seen.toSorted()).toEqual(ids.toSorted());
    expect(other.seen).toEqual([]);
    expect(await parked(shop, one.name)).toEqual([]);
    expect(await parked(shop, other.name)).toHaveLength(1);
  });

  test('keeps what fails again, with the latest reason and one try more', async () => {
    const consumer = recorder(() => {
      throw new Error('550 5.1.1 <jane@example.com>');
    });
    const id = await park(consumer.name);
    loops.again(consumer);
    const { code, out } = await command('send', String(id));
    expect(code).toBe(1);
    expect(out).toContain('Failed again: 1.');
    const [letter] = await parked(shop, consumer.name);
    expect(letter).toMatchObject({ id, attempts: 9, againAt: null });
    expect(letter?.reason).toBe('Error: 550 5.1.1 <[masked]>');
  });

  test('keeps what is no event at all', async () => {
    const consumer = recorder();
    const id = await park(consumer.name, new Uint8Array([0xff, 0x00, 0x1b]));
    loops.again(consumer);
    expect(await command('send', String(id))).toMatchObject({ code: 1 });
    expect(consumer.seen).toEqual([]);
    expect(await parked(shop, consumer.name)).toHaveLength(1);
  });

  test('tells when no worker runs, and the worker does it when it is back', async () => {
    const consumer = recorder();
    const id = await park(consumer.name);
    const { code, out } = await command('send', String(id), '--wait', '0');
    expect(code).toBe(1);
    expect(out).toContain('Not tried yet: 1.');
    const repeated = await command('send', String(id), '--wait', '0');
    expect(repeated).toMatchObject({ code: 2 });
    expect(repeated.err).toContain('waits for its worker');
    loops.again(consumer);
    await eventually('it is handled', async () => (await parked(shop, consumer.name)).length === 0);
    expect(consumer.seen).toHaveLength(1);
  });

  test('is done once by two workers', async () => {
    const consumer = recorder(() => Bun.sleep(5));
    const ids = Array.from({ length: 20 }, () => crypto.randomUUID());
    for (const id of ids) await park(consumer.name, anEvent(id));
    loops.again(consumer);
    loops.again(consumer);
    expect(await command('send', '--consumer', consumer.name)).toMatchObject({ code: 0 });
    expect(consumer.seen.toSorted()).toEqual(ids.toSorted());
  });
});

describe('list and show', () => {
  test('say which event failed whom, when, how often and why', async () => {
    const id = await park('email');
    const { code, out } = await command('list');
    expect(code).toBe(0);
    expect(out.split('\n')[1]).toMatch(
      new RegExp(`^${id} +email +order\\.cancelled +20\\S+Z +8 +parked +Error: it is broken$`),
    );
  });

  test('show the whole message, and nothing of it reaches the terminal raw', async () => {
    const orderId = crypto.randomUUID();
    const readable = await command('show', String(await park('email', anEvent(orderId))));
    expect(readable.out).toContain(`"orderId": "${orderId}"`);
    const text = new TextEncoder().encode('\u001b[2J no json');
    const escaped = await command('show', String(await park('email', text)));
    expect(escaped.out).toContain('\\u001b[2J no json');
    expect(escaped.out).not.toContain('\u001b');
    const bytes = await command('show', String(await park('email', new Uint8Array([0xff, 0x00]))));
    expect(bytes.out).toContain('ff00');
  });

  test('give programs one JSON document a line', async () => {
    const message = anEvent();
    const id = await park('email', message);
    const { out } = await command('list', '--json', '--consumer', 'email');
    const letter = JSON.parse(out.trim());
    expect(letter).toMatchObject({ id, consumer: 'email', event: 'order.cancelled', attempts: 8 });
    expect(Buffer.from(letter.message, 'base64').equals(Buffer.from(message))).toBe(true);
  });

  test('say that there is nothing', async () => {
    expect((await command('list')).out).toContain('There are no dead letters.');
  });
});

describe('drop', () => {
  test('keeps the message with the reason, out of the list and never sent again', async () => {
    const consumer = recorder();
    const id = await park(consumer.name);
    expect(await command('drop', String(id), '--reason', 'a test order')).toMatchObject({ code: 0 });
    expect((await command('list')).out).toContain('There are no dead letters.');
    expect((await command('list', '--dropped')).out).toContain('dropped: a test order');
    loops.again(consumer);
    expect(await command('send', String(id))).toMatchObject({ code: 2 });
    expect(await command('send', '--consumer', consumer.name)).toMatchObject({ code: 0 });
    expect(await command('drop', String(id), '--reason', 'again')).toMatchObject({ code: 2 });
    expect(consumer.seen).toEqual([]);
  });
});

test.each([
  [[], 'list, show, send or drop'],
  [['burn'], "no 'burn'"],
  [['show'], 'by its number'],
  [['show', 'x1'], 'by its number'],
  [['show', '1', '2'], 'One message at a time'],
  [['drop', '1'], '--reason'],
  [['drop', '1', '--reason', '  '], '--reason'],
  [['send', '1', '--consumer', 'email'], 'an id or a consumer'],
  [['send', '1', '--wait', '-1'], '--wait'],
  [['list', '--colour'], '--colour'],
  [['show', '999999'], 'no dead letter 999999'],
])('%p is refused in one line', async (args, said) => {
  const { code, err, out } = await command(...args);
  expect(code).toBe(2);
  expect(err).toContain(said);
  expect(err.trim().split('\n')).toHaveLength(1);
  expect(out).toBe('');
});

test('a database that is not there is one sentence, without its password', async () => {
  const DATABASE_URL = 'postgres://someone:secret-word@127.0.0.1:1/nowhere';
  const { code, err } = await commandWith({ DATABASE_URL }, 'list');
  expect(code).toBe(2);
  expect(err.trim().split('\n')).toHaveLength(1);
  expect(err).not.toContain('secret-word');
});

test('--help says what can be done', async () => {
  const { code, out } = await command('--help');
  expect(code).toBe(0);
  for (const verb of ['list', 'show', 'send', 'drop']) expect(out).toContain(verb);
});
