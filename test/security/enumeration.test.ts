/** Who has an account: what a stranger asks at register, login and reset is answered as if it were anybody. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import type { Passwords } from '#origin/accounts/passwords.ts';
import type { Deps } from '#origin/deps.ts';
import { type Mailbox, openMailbox } from '#test/support/mailbox.ts';
import { type Answer, type OriginUnderTest, openOrigin, TEST_PASSWORD } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';

let shop: OriginUnderTest;
let mailbox: Mailbox;
let known: string;
beforeAll(async () => {
  shop = await openOrigin({ EMAIL_VERIFICATION: 'required' });
  mailbox = openMailbox(shop.deps);
  known = (await shop.signIn()).email;
});
afterAll(async () => {
  await shop.close();
});

const OTHER_PASSWORD = 'what a stranger would choose';
const newEmail = () => `nobody-${crypto.randomUUID()}@test.example`;
const auth = (verb: string, body: object, on: Pick<OriginUnderTest, 'call'> = shop): Promise<Answer> =>
  on.call(`/api/v1/auth/${verb}`, { method: 'POST', body });

/** As a stranger sees it: all but what they sent themselves, what is new each time, and how much they may still ask. */
function seen({ status, headers, body }: Answer) {
  headers.delete('ratelimit');
  const told = JSON.stringify(body, (name, value) =>
    name === 'id' || name === 'email' ? typeof value : value,
  );
  return { status, headers: Object.fromEntries(headers), body: told };
}

/** The same shop, which counts what it does. */
function counting() {
  const count = { hashes: 0, verifications: 0, queries: 0 };
  const passwords: Passwords = {
    ...shop.deps.passwords,
    hash: (password) => {
      count.hashes += 1;
      return shop.deps.passwords.hash(password);
    },
    verify: (password, hash) => {
      count.verifications += 1;
      return shop.deps.passwords.verify(password, hash);
    },
  };
  return { count, reachable: shop.beside({ passwords } satisfies Partial<Deps>) };
}

async function writes(): Promise<number> {
  const [row] = await shop.deps.db.execute<{ count: string }>(sql`select count(*) as count from outbox`);
  return Number(row?.count);
}

/** How much password work and how many events the request came to. */
async function workOf(verb: string, body: object) {
  const { count, reachable } = counting();
  const before = await writes();
  const answer = await auth(verb, body, reachable);
  return { answer: seen(answer), ...count, events: (await writes()) - before };
}

const register = (email: string) => ['register', { email, password: OTHER_PASSWORD, name: 'Eve' }] as const;

test.each<[string, (email: string) => readonly [string, object]]>([
  ['registering', register],
  [
    'registering with a weak password',
    (email) => ['register', { email, password: '123456789012345', name: 'Eve' }],
  ],
  ['logging in', (email) => ['login', { email, password: OTHER_PASSWORD }]],
  ['logging in with a code', (email) => ['login', { email, password: OTHER_PASSWORD, code: '123456' }]],
  ['asking for a new password', (email) => ['password-reset', { email }]],
  ['asking for the proof of an email', (email) => ['email-verification', { email }]],
])('%s answers and works the same whether there is such an account', async (_name, ask) => {
  const taken = await workOf(...ask(known));
  const free = await workOf(...ask(newEmail()));
  expect(free).toEqual(taken);
});

test('whoever registers and logs in learns nothing, for the email is not verified', async () => {
  const answers = [];
  for (const email of [known, newEmail()]) {
    expect((await auth(...register(email))).status).toBe(201);
    answers.push(await auth('login', { email, password: OTHER_PASSWORD }));
  }
  for (const answer of answers) expectProblem(answer, 'credentials_invalid');
  expect(answers[0]?.body).toEqual(answers[1]?.body);
});

test('registering with an email that has an account changes nothing of it, and tells its owner', async () => {
  const { email, userId } = await shop.signIn();
  const { body } = await auth(...register(email.toUpperCase()));
  expect(body).toMatchObject({ email, name: 'Eve', role: 'shopper' });
  expect(body.id).not.toBe(userId);
  const { status } = await auth('login', { email, password: TEST_PASSWORD });
  expect(status).toBe(200);
  const mails = await mailbox.mailsTo(email);
  expect(mails.map(({ subject }) => subject)).toEqual(['You have an account already']);
});

test('a stranger who asks again and again fills no mailbox', async () => {
  const { email } = await shop.signIn();
  for (let times = 0; times < 12; times += 1) await auth('password-reset', { email });
  const mails = await mailbox.mailsTo(email);
  expect(mails).toHaveLength(5);
});

test('who is asked about and is nobody is mailed nothing', async () => {
  const email = newEmail();
  await auth('password-reset', { email });
  await auth('email-verification', { email });
  expect(await mailbox.mailsTo(email)).toBeEmpty();
});
