/** Small made-up trees for the tests of the tidy rules. */

import { formatBreach, TIDY_RULES } from '#test/tidy/scan.ts';
import { treeOf } from '#test/tidy/tree.ts';

type Sentence = keyof typeof TIDY_RULES;
type Files = Readonly<Record<string, string>>;

const MANIFEST = {
  imports: Object.fromEntries(
    ['lib', 'db', 'origin', 'workers', 'edge', 'ops', 'test'].map((name) => [`#${name}/*`, `./${name}/*`]),
  ),
  scripts: { check: 'x' },
  dependencies: Object.fromEntries(
    [
      ...['hono', 'elysia', '@elysiajs/jwt', 'drizzle-orm', 'postgres', 'stripe', 'ioredis', 'nats'],
      ...['nodemailer', 'cockatiel', '@sinclair/typebox', 'lru-cache'],
    ].map((name) => [name, '1.0.0']),
  ),
  devDependencies: { miniflare: '4.2026.0' },
};

/** Breaches as `path:line`, of one rule or of all. */
export function breaches(files: Files, sentence?: Sentence): readonly string[] {
  const tree = treeOf(new Map(Object.entries({ 'package.json': JSON.stringify(MANIFEST), ...files })));
  const rules = sentence === undefined ? Object.values(TIDY_RULES) : [TIDY_RULES[sentence]];
  const found = rules.flatMap((rule) => rule?.(tree) ?? []).map(formatBreach);
  return found.map((line) => line.split(': ', 1)[0] ?? line);
}

/** Sound modules to import, so that a breach is only what the case is about. */
export const HOUSE: Files = {
  'lib/money.ts': 'export const a = 1;\n',
  'db/client.ts': 'export const db = 1;\n',
  'edge/app.ts': 'export const app = 1;\n',
  'workers/consumer.ts': 'export const consumer = 1;\n',
  'ops/start.ts': 'export const start = 1;\n',
  'test/support/shop.ts': 'export const shop = 1;\n',
  'origin/deps.ts': 'export const deps = 1;\n',
  'origin/http/problems.ts': 'export const problems = 1;\n',
  'origin/orders/service.ts': 'export const service = 1;\n',
  'origin/orders/place-order.ts': 'export const placeOrder = 1;\n',
  'origin/orders/store.ts': 'export const store = 1;\n',
  'origin/orders/model.ts': 'export const model = 1;\n',
  'origin/orders/routes.ts': 'export const routes = 1;\n',
};

/** The breaches of the sound tree with one more file. */
export const inHouse = (path: string, text: string, sentence?: Sentence) =>
  breaches({ ...HOUSE, [path]: text }, sentence);
