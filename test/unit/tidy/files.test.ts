/** The rules about files and documents: each is seen to fail, and to leave what is sound be. */

import { describe, expect, test } from 'bun:test';
import { breaches, inHouse } from './virtual-tree.ts';

describe('files', () => {
  test.each([
    'src/app.ts',
    'tools.ts',
    'lib/index.ts',
    'origin/orders/index.ts',
    'lib/utils.ts',
    'test/helpers/shop.ts',
    'lib/string-utils.ts',
    'lib/common/a.ts',
    'lib/Util.ts',
  ])('%s is no place or name for a file', (path) => {
    expect(breaches({ [path]: 'export const a = 1;' })).toEqual([`${path}:1`]);
  });

  test('a file of 300 lines is short enough, one of 301 is not, a generated one may be longer', () => {
    const lines = (count: number) => 'a;\n'.repeat(count);
    expect(
      breaches({ 'lib/a.ts': lines(300), 'lib/b.ts': lines(301), 'db/migrations/0.sql': lines(900) }),
    ).toEqual(['lib/b.ts:1']);
  });

  const onOneMachine = [
    ['', 'root', '.bun'].join('/'),
    ['', 'home', 'ada', 'shop'].join('/'),
    ['', 'Users', 'ada', 'shop'].join('/'),
    ['', 'work', 'main'].join('/'),
    ['https://registry', 'npmjs', 'org/hono'].join('.'),
    ['https://npm', 'pkg.github', 'com/x'].join('.'),
  ];
  test.each(onOneMachine)('no file says %s', (text) => {
    for (const path of ['lib/a.ts', 'README.md', 'compose.yaml', '.ci/run']) {
      expect(
        breaches(
          { [path]: `\n# ${text}\n` },
          'no file names a path of one machine or the host of a registry',
        ),
      ).toEqual([`${path}:2`]);
    }
  });

  test('a relative path and a path of an address name no machine', () => {
    const text =
      "'./work/a' 'https://example.com/home/a/b' '/api/v1/root' 'a/root/b' '/workers/x' '/homepage/x'";
    expect(breaches({ 'db/a.sql': text })).toEqual([]);
  });

  test.each([
    "test.only('a', () => {});",
    "test.skip('a', () => {});",
    "describe.skip('a', () => {});",
    "it.todo('a');",
    "test.concurrent.only('a', () => {});",
    "xtest('a', () => {});",
  ])('%s leaves tests out', (text) => {
    expect(breaches({ 'test/a.test.ts': text }, 'no test is left out')).toEqual(['test/a.test.ts:1']);
  });

  test('a test that depends on something it names, and a query that skips, are no tests left out', () => {
    const text = "test.skipIf(!there)('a', () => {});\nlist.skip(1);\nconst only = 1; // test.only";
    expect(breaches({ 'test/a.test.ts': text })).toEqual([]);
  });
});

test('an export has a name, save where a tool demands none', () => {
  const text = "const a = 'export default';\nexport default a;\n";
  expect(breaches({ 'edge/worker.ts': text, 'db/drizzle.config.ts': text, 'lib/a.ts': text })).toEqual([
    'lib/a.ts:2',
  ]);
});

describe('documents', () => {
  const document = (text: string) => inHouse('README.md', text);
  test.each([
    'See `lib/missing.ts`.',
    'See `db/nowhere/`.',
    '```\nbun ops/missing.ts --fresh\n```',
    'See [money](lib/missing.ts).',
    'See [money](./nowhere).',
    'Run `npm run nothing`.',
    'Run `bun run nothing`.',
    'Each has `origin/<feature>/missing.ts`.',
  ])('%s names what is not there', (text) => {
    expect(document(text)).toEqual([expect.stringMatching(/^README\.md:\d+$/)]);
  });

  test.each([
    'See `lib/money.ts`, `lib/` and `origin/orders`.',
    'Run `bun ops/start.ts`, then `npm run check`.',
    'Each has `origin/<feature>/service.ts`, `origin/*/store.ts`.',
    'See [money](lib/money.ts#a), [the site](https://example.com/lib/x), [here](#there).',
    'An `Authorization/Bearer` header, `GET /products/{id}`, `a/b/c`.',
  ])('%s names what is there', (text) => {
    expect(document(text)).toEqual([]);
  });

  test('a link is read from the folder of its document', () => {
    const links = '[up](../../lib/money.ts) [beside](cache.md) [out](../../../x)';
    expect(inHouse('ops/runbooks/redis.md', links)).toEqual([
      'ops/runbooks/redis.md:1',
      'ops/runbooks/redis.md:1',
    ]);
  });
});

describe('policies', () => {
  test.each([
    'const CALL_TIMEOUT_MS = 2_000;',
    'const options = { connectTimeout: 250 };',
    'const signal = AbortSignal.timeout(10_000);',
    'const MAX_RETRIES = 3 * 2;',
  ])('%s belongs into the table', (code) => {
    expect(breaches({ 'origin/adapters/redis.ts': code })).toEqual(['origin/adapters/redis.ts:1']);
    expect(breaches({ 'lib/policies.ts': code, 'ops/wait.ts': code })).toEqual([]);
  });

  test.each([
    'const { timeoutMs: CALL_MS } = POLICIES.nats;',
    'const options = { timeout: CALL_MS, closeTimeout: 0 };',
    'const GATEWAY_STATUS = 504;',
  ])('%s does not', (code) => {
    expect(breaches({ 'origin/adapters/nats.ts': code })).toEqual([]);
  });
});
