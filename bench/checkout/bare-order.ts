/** The rows of one paid order as one bare transaction: what the database alone can do, by pgbench. */

import { join } from 'node:path';
import { runPgbench } from '#bench/load/pgbench.ts';
import { FIRST, type Shop, VARIANTS, variantIdSql } from './shop.ts';

/** Numbered by run and client; all tables have their own ids, so that one serves for all. */
const ID = "lpad(to_hex(:seq::bigint), 32, '0')::uuid";
const INTENT = "'pi_' || :seq::text";
const VARIANT = variantIdSql(`:pick::bigint`);
/** As many bytes as a sealed address has; to the database they are bytes. */
const ADDRESS = `\\x${'5a'.repeat(210)}`;

/** Each row as often as the shop writes it, with the values that it ends with; nothing is read. */
const STATEMENTS = [
  `insert into carts (id, token_hash) values (${ID}, sha256(:seq::text::bytea))`,
  `insert into cart_items (id, cart_id, variant_id, quantity, seen_price_minor)
    values (${ID}, ${ID}, ${VARIANT}, 1, 1999)`,
  `update carts set version = version + 1, updated_at = now() where id = ${ID}`,
  `insert into idempotency_keys (scope, key, request_hash, resource_id, locked_until, expires_at)
    values ('cart:' || :seq::text, :seq::text, sha256(:seq::text::bytea), ${ID}, now(), now() + interval '1 day')`,
  `insert into orders (id, cart_id, email, status, currency, subtotal_minor, total_minor, shipping_address,
                       placed_at, payment_deadline)
    values (${ID}, ${ID}, 'sam@shopper.example', 'pending_payment', 'USD', 1999, 1999, '${ADDRESS}',
            now(), now() + interval '30 minutes')`,
  `insert into order_lines (id, order_id, variant_id, product_id, name, quantity, unit_price_minor,
                            line_total_minor, position)
    values (${ID}, ${ID}, ${VARIANT}, ${VARIANT}, 'Bench Product', 1, 1999, 1999, 0)`,
  `insert into order_events (order_id, event, actor, occurred_at) values (${ID}, 'order.placed', 'shopper', now())`,
  `insert into outbox (id, name, version, data, occurred_at)
    values (${ID}, 'order.placed', 1, jsonb_build_object('orderId', ${ID}), now())`,
  `insert into payments (id, order_id, status, amount_minor, currency, created_at)
    values (${ID}, ${ID}, 'pending', 1999, 'USD', now())`,
  `insert into stock_ledger (variant_id, movement, on_hand_delta, reserved_delta, order_id)
    values (${VARIANT}, 'reservation', 0, 1, ${ID})`,
  `update payments set stripe_payment_intent_id = ${INTENT} where order_id = ${ID}`,
  `update orders set status = 'paid', version = version + 1 where id = ${ID}`,
  `insert into order_events (order_id, event, actor, occurred_at) values (${ID}, 'order.paid', 'shopper', now())`,
  `insert into outbox (id, name, version, data, occurred_at)
    values (md5(:seq::text)::uuid, 'order.paid', 1, jsonb_build_object('orderId', ${ID}), now())`,
  `update payments set status = 'captured', brand = 'visa', last_four = '4242', captured_at = now()
    where order_id = ${ID}`,
  `insert into ledger_transactions (id, order_id, kind, source, currency, occurred_at)
    values (${ID}, ${ID}, 'capture', ${INTENT}, 'USD', now())`,
  `insert into ledger_entries (transaction_id, account, amount_minor)
    values (${ID}, 'stripe_balance', 1999), (${ID}, 'sales', -1999)`,
  `update carts set completed_at = now() where id = ${ID}`,
  `update idempotency_keys set response_status = 201, response_body = to_jsonb(repeat('x', 900))
    where scope = 'cart:' || :seq::text and key = :seq::text`,
  // Last, as in the shop: others may wait for this row.
  `update inventory set reserved = reserved + 1 where variant_id = ${VARIANT} and on_hand - reserved >= 1`,
];

const SCRIPT = [
  '\\set n :n + 1',
  '\\set seq :base + :client_id * 1000000 + :n',
  '\\set pick random(:first, :last)',
  'begin;',
  ...STATEMENTS.map((statement) => `${statement.replaceAll(/\s+/g, ' ')};`),
  'commit;',
  '',
].join('\n');

/** Its time begins before its connections, each with a password to prove and a score of statements to prepare. */
const LEAST_RUN_MS = 3_000;
const CONNECT_MS = 50;
/** Runs of one millisecond's difference have ids of their own. */
const IDS_PER_MS = 1_000_000;

/** Transactions a second over the thousand variants. */
export async function runBareOrders(
  { stack, databaseUrl }: Shop,
  {
    program,
    connections,
    runMs,
  }: { readonly program: string; readonly connections: number; readonly runMs: number },
): Promise<number> {
  const script = join(stack.folder, 'bare-order.sql');
  await Bun.write(script, SCRIPT);
  const variables = {
    n: '0',
    base: String(BigInt(Date.now()) * BigInt(IDS_PER_MS)),
    first: String(FIRST),
    last: String(FIRST + VARIANTS - 1),
  };
  const load = { program, databaseUrl, script, variables, connections };
  return runPgbench({ ...load, runMs: Math.max(runMs, LEAST_RUN_MS) + connections * CONNECT_MS });
}
