/** Every consumer runs in one group, and a process runs what its configuration names. */

import { expect, test } from 'bun:test';
import { groupsOf, readWorkersConfig } from '#workers/config.ts';
import { groupOf, SCALED_GROUPS } from '#workers/groups.ts';
import { returnStock } from '#workers/handlers/return-stock.ts';
import { sellStock } from '#workers/handlers/sell-stock.ts';
import { sendAccountLetter } from '#workers/handlers/send-account-letter.ts';
import { sendCartLetter } from '#workers/handlers/send-cart-letter.ts';
import { sendEditLetter } from '#workers/handlers/send-edit-letter.ts';
import { sendReceipt } from '#workers/handlers/send-receipt.ts';
import { sendReturnLetter } from '#workers/handlers/send-return-letter.ts';
import { sendShipmentLetter } from '#workers/handlers/send-shipment-letter.ts';
import { sendStockLetter } from '#workers/handlers/send-stock-letter.ts';
import { warnOfDisabledWebhook } from '#workers/handlers/warn-of-disabled-webhook.ts';
import { warnOfTheft } from '#workers/handlers/warn-of-theft.ts';
import type { Mailer } from '#workers/mailer.ts';

const MAILER: Mailer = { send: () => Promise.resolve(), close: () => undefined };
const SECRET = 's'.repeat(32);
const ENVIRONMENT = {
  DATABASE_URL: 'postgres://localhost/shop',
  REDIS_URL: 'redis://localhost',
  NATS_URL: 'nats://localhost',
  STRIPE_SECRET_KEY: 'sk_test_x',
  STRIPE_WEBHOOK_SECRET: 'whsec_x',
  QUOTE_SECRET: SECRET,
  FIELD_KEY: '42'.repeat(32),
  SMTP_URL: 'smtp://localhost:25',
  EDGE_PURGE_URL: 'http://localhost/',
  EDGE_PURGE_SECRET: SECRET,
};

function namesOf(...consumers: readonly { readonly name: string }[]): readonly string[] {
  return consumers.map(({ name }) => name);
}

test('the scaled groups name their consumers as these are called', () => {
  const mails = namesOf(
    ...[sendReceipt(MAILER), sendAccountLetter(MAILER), warnOfTheft(MAILER)],
    ...[warnOfDisabledWebhook(MAILER), sendStockLetter(MAILER)],
    ...[sendShipmentLetter(MAILER), sendReturnLetter(MAILER), sendEditLetter(MAILER)],
    sendCartLetter(MAILER),
  );
  expect(SCALED_GROUPS.email).toEqual([...mails] as never);
  expect(SCALED_GROUPS.inventory).toEqual([...namesOf(sellStock, returnStock)] as never);
  expect(new Set(mails.map(groupOf))).toEqual(new Set(['email']));
});

test('a consumer that no scaled group names is a general one', () => {
  expect(groupOf('search-index')).toBe('general');
});

test.each([
  [undefined, ['email', 'inventory', 'general']],
  ['all', ['email', 'inventory', 'general']],
  ['email', ['email']],
  ['general,inventory', ['inventory', 'general']],
] as const)('WORKERS_CONSUMERS=%s runs %p', (WORKERS_CONSUMERS, groups) => {
  expect(groupsOf(readWorkersConfig({ ...ENVIRONMENT, WORKERS_CONSUMERS }))).toEqual([...groups]);
});

test.each(['emails', 'email,', 'all,email', 'email inventory'])(
  'WORKERS_CONSUMERS=%p stops the start by its name',
  (WORKERS_CONSUMERS) => {
    expect(() => readWorkersConfig({ ...ENVIRONMENT, WORKERS_CONSUMERS })).toThrow(/WORKERS_CONSUMERS/);
  },
);
