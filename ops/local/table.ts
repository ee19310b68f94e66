/** What `npm start` prints last: every address, the demo accounts, and what to do next. */

import { DEMO_ACCOUNTS } from '#db/seed/accounts.ts';
import { seconds } from './progress.ts';
import type { RunningShop } from './running.ts';

type Row = readonly [label: string, value: string];

const LABEL_WIDTH = 16;
const ROLE_WIDTH = 9;

/** Passwords stay in `.local/running.json`, which only its owner may read. */
function withoutPassword(address: string): string {
  const url = new URL(address);
  const hasPassword = url.password !== '';
  url.password = '';
  if (!hasPassword && url.protocol === 'nats:') url.username = '';
  return url.href.replace('//:@', '//').replace(/\/$/, '');
}

function addressRows(shop: RunningShop): readonly Row[] {
  return [
    ['Shop (edge)', `${shop.edgeUrl}/api/v1/products`],
    ['API docs', `${shop.edgeUrl}/docs`],
    ['Console', `${shop.originUrl}/ops   its token: operatorToken in .local/running.json`],
    ['Origins', shop.originUrls.map((url) => `${url}/metrics`).join('   ')],
    ['Workers', `${shop.workersUrl}/readyz   metrics: ${shop.workersUrl}/metrics`],
    ['PostgreSQL', withoutPassword(shop.databaseUrl)],
    ['Redis', withoutPassword(shop.redisUrl)],
    ['NATS', withoutPassword(shop.natsUrl)],
    ['Stripe', shop.stripeDoubleUrl === null ? 'Stripe itself' : `${shop.stripeDoubleUrl}/_double/ledger`],
    ['Mail', shop.mailUrl === null ? 'the server in SMTP_URL' : `${shop.mailUrl}/`],
    ['Edge metrics', `${shop.edgeUrl}/__edge/metrics   all of them with operatorToken as bearer`],
    ['Passwords', '.local/running.json   logs: .local/logs/'],
  ];
}

export function printTable(shop: RunningShop, tookMs: number): void {
  const accounts = DEMO_ACCOUNTS.map(
    ({ role, email, password }): Row => [role.padEnd(ROLE_WIDTH), `${email}   ${password}`],
  );
  const lines = (rows: readonly Row[]) =>
    rows.map(([label, value]) => `  ${label.padEnd(LABEL_WIDTH)}${value}`);
  const text = [
    '',
    `Hotshelf is open after ${seconds(tookMs)}`,
    '',
    ...lines(addressRows(shop)),
    '',
    ...lines(accounts),
    '',
    '  Buy something:  npm run demo   and what becomes of it: npm run demo -- --full',
    '  Stop:           Ctrl-C',
    '',
  ];
  console.log(text.join('\n'));
}
