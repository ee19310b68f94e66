/** What an account's owner is mailed, all the way: outbox, broker, worker, mail server. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { eq } from 'drizzle-orm';
import { outbox } from '#db/schema/messaging.ts';
import type { ShopEvent } from '#lib/events.ts';
import { eventually } from '#test/support/eventually.ts';
import { type OriginUnderTest, openOrigin, TEST_PASSWORD } from '#test/support/origin.ts';
import { openLoops, openMail } from '#test/support/workers.ts';
import { writeAccountLetter } from '#workers/account-letter.ts';
import { sendAccountLetter } from '#workers/handlers/send-account-letter.ts';
import { createMailer, type Mail } from '#workers/mailer.ts';

const SHOP_URL = 'https://shop.example';

let shop: OriginUnderTest;
beforeAll(async () => {
  shop = await openOrigin({ EMAIL_VERIFICATION: 'required' });
});
afterAll(() => shop.close());

async function register(): Promise<string> {
  const email = `ada-${crypto.randomUUID()}@test.example`;
  const body = { email, password: TEST_PASSWORD, name: '<b>Ada</b> Bcc: eve@test.example' };
  const { status } = await shop.call('/api/v1/auth/register', { method: 'POST', body });
  expect(status).toBe(201);
  return email;
}

const verify = async (token: string) => {
  const body = { token, password: TEST_PASSWORD };
  return (await shop.call('/api/v1/auth/email-verification/confirmation', { method: 'POST', body })).status;
};

test('whoever registers is mailed a link that proves the email to be theirs', async () => {
  const mail = await openMail();
  const mailer = createMailer(mail.smtpUrl, 'Hotshelf <orders@hotshelf.example>');
  const loops = openLoops(shop);
  try {
    loops.consume(sendAccountLetter(mailer, SHOP_URL));
    loops.relay();
    const email = await register();
    await eventually('the letter is there', async () => (await mail.messages()).length === 1);
    const [message] = await mail.messages();
    expect(message?.subject).toBe('Is this your email?');
    expect(JSON.stringify(message)).not.toContain('<b>Ada');
    const [, token = ''] =
      /https:\/\/shop\.example\/verify-email#token=(ev_[\w-]+)/.exec(JSON.stringify(message)) ?? [];
    expect(await verify(token)).toBe(204);
    const login = { method: 'POST', body: { email, password: TEST_PASSWORD } } as const;
    expect((await shop.call('/api/v1/auth/login', login)).status).toBe(200);
  } finally {
    await loops.stop();
    mailer.close();
    await mail.stop();
  }
});

test('a letter that a crash sends again has another token, and the one before is worth nothing', async () => {
  const email = await register();
  const sent: Mail[] = [];
  let failures = 1;
  const { handle } = sendAccountLetter({
    send: async (mail) => {
      sent.push(mail);
      failures -= 1;
      if (failures === 0) throw new Error('the mail server hung up');
    },
    close: () => {},
  });
  const rows = await shop.deps.db
    .select()
    .from(outbox)
    .where(eq(outbox.name, 'account.registered'))
    .orderBy(outbox.seq);
  const row = rows.at(-1);
  expect(row).toBeDefined();
  const event = { ...row, occurredAt: '' } as ShopEvent;
  await expect(handle(shop.deps, event)).rejects.toThrow('hung up');
  await handle(shop.deps, event);
  await handle(shop.deps, event);
  expect(sent.map(({ to }) => to)).toEqual([email, email]);
  expect(new Set(sent.map(({ messageId }) => messageId)).size).toBe(1);
  const tokens = sent.map(({ text }) => /ev_[\w-]+/.exec(text)?.[0] ?? '');
  expect(await verify(tokens[0] ?? '')).toBe(400);
  expect(await verify(tokens[1] ?? '')).toBe(204);
});

test('without pages of the shop a letter has the token alone, and only letters that prove something have one', () => {
  const letter = writeAccountLetter({ kind: 'reset_password', to: '', token: 'pr_token' }, undefined);
  expect(letter.text).toContain('\n\npr_token\n\n');
  expect(letter.html).not.toContain('href');
  const told = writeAccountLetter({ kind: 'password_changed', to: '', token: null }, SHOP_URL);
  expect(told.text).not.toContain('token');
});
