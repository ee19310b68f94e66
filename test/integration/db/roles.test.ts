/** Least privilege: what each database role is refused, and that the shop works with what is left. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { eq } from 'drizzle-orm';
import postgres from 'postgres';
import { deleteExpiredKeys } from '#db/idempotency.ts';
import { DATABASE_ROLES, type DatabaseRole, ROLE_GRANTS } from '#db/role-grants.ts';
import { users } from '#db/schema/accounts.ts';
import { EVENTS } from '#lib/events.ts';
import type { EventId, OrderId, ProductId, UserId } from '#lib/ids.ts';
import { forgetExpiredTokens } from '#origin/credentials/service.ts';
import { createDeps, type RunningDeps } from '#origin/deps.ts';
import { readReceipt } from '#origin/orders/service.ts';
import { bookMissingFees, reconcileOverdue, reconcileRefunds } from '#origin/payments/service.ts';
import { learn } from '#origin/recommendations/service.ts';
import { indexMissing, refreshSearch, reindexAll, renewPopularity } from '#origin/search/service.ts';
import { deleteExpired } from '#origin/sessions/service.ts';
import { forgetOldNotices } from '#origin/stock-notices/service.ts';
import { codeOf } from '#test/support/authenticator.ts';
import { eventually } from '#test/support/eventually.ts';
import { openMailbox } from '#test/support/mailbox.ts';
import { type OriginUnderTest, openOrigin, type Reachable, TEST_PASSWORD } from '#test/support/origin.ts';
import { cartWith, changePrice, checkOut, createProduct } from '#test/support/shopping.ts';
import { asRole } from '#test/support/stack.ts';
import { deleteStripeCustomer } from '#workers/handlers/delete-stripe-customer.ts';

const REFUSED = '42501';

let shop: OriginUnderTest;
let owner: postgres.Sql;
const clients = new Map<DatabaseRole, postgres.Sql>();
beforeAll(async () => {
  shop = await openOrigin();
  owner = postgres(shop.databaseUrl, { max: 1, onnotice: () => {} });
  for (const role of DATABASE_ROLES) {
    clients.set(role, postgres(asRole(shop.databaseUrl, role), { max: 1, onnotice: () => {} }));
  }
});
afterAll(async () => {
  for (const sql of [owner, ...clients.values()]) await sql.end({ timeout: 1 });
  await shop.close();
});

async function stateOf(role: DatabaseRole, statement: string): Promise<string> {
  const sql = clients.get(role);
  if (sql === undefined) throw new Error(`no client of ${role}`);
  return sql.unsafe(statement).then(
    () => 'done',
    (error: unknown) => (error instanceof postgres.PostgresError ? error.code : String(error)),
  );
}

/** For roles that only read unless they say otherwise: it is their rights that are to refuse. */
const WRITES_AGAIN = 'set default_transaction_read_only = off';

/** Each as an attacker would try it who speaks SQL as that role. */
const SCHEMA_CHANGES = [
  'create table loot (id int)',
  'alter table orders add column loot text',
  'drop table order_events',
  'alter table ledger_entries disable trigger all',
  'truncate ledger_entries cascade',
  'create function loot() returns int language sql as $$ select 1 $$',
  'alter role hotshelf_origin superuser',
  'set role hotshelf',
  "set session_replication_role = 'replica'",
  "copy users to program 'cat'",
  "select pg_read_file('postgresql.conf')",
];

describe('nobody changes the schema or leaves their role', () => {
  for (const role of DATABASE_ROLES) {
    for (const statement of SCHEMA_CHANGES) {
      test(`${role}: ${statement}`, async () => {
        await stateOf(role, WRITES_AGAIN);
        expect(['42501', '42704', '22023']).toContain(await stateOf(role, statement));
      });
    }
  }
});

const WRITES = [
  "insert into order_events (order_id, event, actor, occurred_at) select gen_random_uuid(), 'x', 'x', now()",
  'update orders set status = status',
  'delete from carts',
  'update search_documents set name = name',
];

describe('who reads does not write', () => {
  for (const role of ['search', 'analytics', 'reporting', 'backup'] as const) {
    for (const statement of WRITES) {
      test(`${role}: ${statement}`, async () => {
        await stateOf(role, WRITES_AGAIN);
        expect(await stateOf(role, statement)).toBe(REFUSED);
      });
    }
  }
});

const SECRETS: Readonly<Record<string, readonly DatabaseRole[]>> = {
  'select password_hash from users': ['workers', 'search', 'analytics', 'reporting'],
  // Workers write to the owners of accounts.
  'select email from users': ['search', 'analytics', 'reporting'],
  'select secret from second_factors': ['workers', 'search', 'analytics', 'reporting'],
  'select secret from webhook_secrets': ['search', 'analytics', 'reporting'],
  'select url from webhook_endpoints': ['search', 'analytics', 'reporting'],
  'select code_hash from recovery_codes': ['workers', 'search', 'analytics', 'reporting'],
  // Workers write to who waits for stock.
  'select email from stock_notices': ['search', 'analytics', 'reporting'],
  'select text from reviews': ['search', 'analytics', 'reporting'],
  'select name from wish_lists': ['workers', 'search', 'analytics', 'reporting'],
  'select key_hash from api_keys': ['workers', 'search', 'analytics', 'reporting'],
  'select token_hash from account_tokens': ['search', 'analytics', 'reporting'],
  'select token_hash from refresh_tokens': ['workers', 'search', 'analytics', 'reporting'],
  'select token_hash from carts': ['workers', 'search', 'analytics', 'reporting'],
  'select shipping_address from orders': ['search', 'analytics', 'reporting'],
  'select email from orders': ['search', 'analytics', 'reporting'],
  'select * from orders': ['search', 'analytics', 'reporting'],
  'select stripe_payment_intent_id from payments': ['search', 'analytics', 'reporting'],
  'select stripe_payment_method_id from payment_methods': ['workers', 'search', 'analytics', 'reporting'],
  'select response_body from idempotency_keys': ['search', 'analytics', 'reporting'],
  'select message from dead_letters': ['origin', 'search', 'analytics', 'reporting'],
  'select search_make_text_index(0::smallint)': ['origin', 'search', 'analytics', 'reporting'],
  'select search_drop_text_index(0::smallint)': ['origin', 'search', 'analytics', 'reporting'],
  'select total_minor from orders': ['search'],
};

describe('no role reads what is another’s', () => {
  for (const [statement, roles] of Object.entries(SECRETS)) {
    for (const role of roles) {
      test(`${role}: ${statement}`, async () => {
        expect(await stateOf(role, statement)).toBe(REFUSED);
      });
    }
  }
});

describe('what was charged stays as it was', () => {
  for (const statement of [
    'update orders set total_minor = 0, subtotal_minor = 0',
    'update order_lines set unit_price_minor = 0',
    'delete from orders',
    'update ledger_entries set amount_minor = 0',
    'delete from order_events',
    'delete from users',
  ]) {
    test(`origin: ${statement}`, async () => {
      expect(await stateOf('origin', statement)).toBe(REFUSED);
    });
  }
});

test('workers make search indexes of the names that there are, and drop none that is in use', async () => {
  expect(await stateOf('workers', 'select search_make_text_index(4::smallint)')).toBe('22023');
  await createProduct(shop, { name: 'In Use' });
  await indexMissing(shop.deps);
  const has = () => owner`select from pg_indexes where indexname = 'search_documents_tier_0'`;
  expect(await stateOf('workers', 'select search_drop_text_index(0::smallint)')).toBe('done');
  expect(await has()).toHaveLength(1);
});

test('which migrations there were is read by backups alone', async () => {
  for (const role of DATABASE_ROLES) {
    const isReader = role === 'backup';
    const state = await stateOf(role, 'select * from drizzle.__drizzle_migrations');
    expect(state, role).toBe(isReader ? 'done' : REFUSED);
  }
});

test('every table says who may do what in it', async () => {
  const rows = await owner<{ name: string }[]>`
    select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'`;
  expect(Object.keys(ROLE_GRANTS).toSorted()).toEqual(rows.map(({ name }) => name).toSorted());
});

test('analytics and reporting have the figures', async () => {
  for (const role of ['analytics', 'reporting'] as const) {
    const sql =
      'select currency, sum(total_minor) from orders join order_lines on order_id = orders.id group by 1';
    expect(await stateOf(role, sql)).toBe('done');
    expect(await stateOf(role, 'select sum(amount_minor) from ledger_entries')).toBe('done');
  }
});

describe('the shop as its own roles', () => {
  let origin: RunningDeps;
  let workers: RunningDeps;
  let reachable: Reachable;
  beforeAll(() => {
    const as = (role: DatabaseRole) => asRole(shop.databaseUrl, role);
    const pools = {
      DATABASE_URL_SEARCH: as('search'),
      DATABASE_URL_ANALYTICS: as('analytics'),
      DATABASE_URL_REPORTING: as('reporting'),
    };
    const open = (role: DatabaseRole) =>
      createDeps({ ...shop.config, ...pools, DATABASE_URL: as(role) }, `as-${role}`, shop.deps.log);
    origin = open('origin');
    workers = open('workers');
    reachable = shop.beside(origin.deps);
  });
  afterAll(async () => {
    await origin.close();
    await workers.close();
  });

  test('sells, refunds, searches and changes prices', async () => {
    const product = await createProduct(shop, { name: 'Roled Chair' });
    await changePrice(reachable, product, 2_500);
    const cart = await cartWith(reachable, product.variantId);
    const bought = await checkOut(reachable, cart);
    expect(bought.status).toBe(201);
    const orderId = bought.body.id as OrderId;
    expect((await reachable.call(`/api/v1/orders/${orderId}`, cart.owner)).status).toBe(200);
    const { token: adminToken } = await shop.signIn('admin');
    const refund = await reachable.call(`/api/v1/orders/${orderId}/refunds`, {
      method: 'POST',
      token: adminToken,
      headers: { 'idempotency-key': crypto.randomUUID() },
      body: { amount: 100 },
    });
    expect(refund.status).toBeLessThan(300);
    const customer = {
      email: `${crypto.randomUUID()}@test.example`,
      password: 'a password of enough length',
      name: 'Ada',
    };
    expect((await reachable.call('/api/v1/auth/register', { method: 'POST', body: customer })).status).toBe(
      201,
    );
    expect((await readReceipt(workers.deps, orderId)).shippingAddress.city).toBe('Testville');
    await reindexAll(workers.deps);
    const found = await reachable.call('/api/v1/search?q=roled');
    expect(found.body.items[0]?.id).toBe(product.productId);
    const together = [product.productId as ProductId, workers.deps.ids.next<ProductId>()];
    await workers.deps.db.transaction((tx) => learn(tx, together, new Date()));
    for (const path of [`/products/${product.productId}/recommendations`, '/recommendations', '/trending']) {
      await eventually(`${path} is read`, async () => {
        const { status, headers } = await reachable.call(`/api/v1${path}`, cart.owner);
        return status === 200 && !headers.has('degraded');
      });
    }
  });

  test('opens accounts, guards them, and takes people out again', async () => {
    const mailbox = openMailbox(workers.deps);
    const email = `${crypto.randomUUID()}@test.example`;
    const credentials = { email, password: TEST_PASSWORD };
    const post = async (path: string, body: object, token?: string) => {
      const as = token === undefined ? {} : { token };
      const answer = await reachable.call(`/api/v1${path}`, { method: 'POST', body, ...as });
      expect(answer.status, path).toBeLessThan(300);
      return answer.body;
    };
    await post('/auth/register', { ...credentials, name: 'Ada' });
    await post('/auth/email-verification/confirmation', {
      token: await mailbox.lastToken(email),
      password: TEST_PASSWORD,
    });
    await post('/auth/password-reset', { email });
    await post('/auth/password-reset/confirmation', {
      token: await mailbox.lastToken(email),
      password: TEST_PASSWORD,
    });
    const { accessToken } = await post('/auth/login', credentials);
    await post('/payment-methods', { paymentMethodId: 'pm_card_visa' }, accessToken);
    const key = { name: 'Key', scopes: ['orders:read'], expiresInDays: 1, password: TEST_PASSWORD };
    const made = await post('/api-keys', key, accessToken);
    expect((await reachable.call('/api/v1/orders', { token: made.key })).status).toBe(200);
    const { secret } = await post('/me/second-factor', { password: TEST_PASSWORD }, accessToken);
    await post('/me/second-factor/confirmation', { code: codeOf(secret, -1) }, accessToken);
    const session = await post('/auth/login', { ...credentials, code: codeOf(secret) });
    const [user] = await shop.deps.db.select().from(users).where(eq(users.email, email));
    await post('/me/erasure', { password: TEST_PASSWORD, code: codeOf(secret, 1) }, session.accessToken);
    const data = { userId: user?.id ?? '' };
    const { version } = EVENTS['account.erased'];
    const event = { name: 'account.erased', version, occurredAt: '', traceparent: null, data } as const;
    await deleteStripeCustomer.handle(workers.deps, { ...event, id: shop.deps.ids.next<EventId>() });
    const [gone] = await shop.deps.db
      .select()
      .from(users)
      .where(eq(users.id, data.userId as UserId));
    expect(gone).toMatchObject({ name: '', stripeCustomerId: null });
  });

  test('has its chores done', async () => {
    await forgetExpiredTokens(workers.deps);
    await deleteExpired(workers.deps);
    await forgetOldNotices(workers.deps);
    await reconcileOverdue(workers.deps);
    await reconcileRefunds(workers.deps);
    await bookMissingFees(workers.deps);
    await indexMissing(workers.deps);
    await renewPopularity(workers.deps);
    await refreshSearch(workers.deps);
    await deleteExpiredKeys(workers.deps.db, new Date());
  });
});
