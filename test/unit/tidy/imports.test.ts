/** The rules about imports: each is seen to fail on a small tree that breaks it, and to leave a sound one be. */

import { describe, expect, test } from 'bun:test';
import { breaches, HOUSE, inHouse } from './virtual-tree.ts';

test('a sound tree breaks no rule', () => {
  expect(breaches(HOUSE)).toEqual([]);
});

describe('who may import whom', () => {
  const ROOM = 'a room imports only what the architecture allows it';
  const forbidden: readonly (readonly [path: string, specifier: string])[] = [
    ['lib/new.ts', '#db/client.ts'],
    ['lib/new.ts', 'node:fs'],
    ['lib/new.ts', 'bun'],
    ['lib/new.ts', 'cloudflare:workers'],
    ['lib/new.ts', 'lru-cache'],
    ['db/new.ts', '#origin/orders/service.ts'],
    ['db/new.ts', 'lru-cache'],
    ['origin/new.ts', '#workers/consumer.ts'],
    ['origin/new.ts', '#edge/app.ts'],
    ['origin/new.ts', '#ops/start.ts'],
    ['origin/new.ts', '#test/support/shop.ts'],
    ['workers/new.ts', '#origin/orders/store.ts'],
    ['workers/new.ts', '#origin/orders/place-order.ts'],
    ['workers/new.ts', '#origin/http/problems.ts'],
    ['workers/new.ts', '#edge/app.ts'],
    ['edge/new.ts', '#origin/orders/service.ts'],
    ['edge/new.ts', '#db/client.ts'],
    ['edge/new.ts', 'node:crypto'],
    ['edge/new.ts', 'lru-cache'],
  ];
  test.each(forbidden)('%s may not import %s', (path, specifier) => {
    expect(inHouse(path, `import { a } from '${specifier}';\n`, ROOM)).toEqual([`${path}:1`]);
  });

  const allowed: readonly (readonly [path: string, specifier: string])[] = [
    ['lib/new.ts', './money.ts'],
    ['lib/new.ts', 'cockatiel'],
    ['lib/new.ts', '@sinclair/typebox/value'],
    ['db/new.ts', 'drizzle-orm/pg-core'],
    ['db/new.ts', 'node:fs/promises'],
    ['origin/new.ts', '#db/client.ts'],
    ['origin/main.ts', 'bun:sqlite'],
    ['origin/cart/service.ts', '#origin/orders/service.ts'],
    ['origin/cart/service.ts', '#origin/http/problems.ts'],
    ['origin/app.ts', './orders/routes.ts'],
    ['origin/deps.ts', './orders/store.ts'],
    ['workers/new.ts', '#origin/orders/service.ts'],
    ['workers/new.ts', '#origin/deps.ts'],
    ['edge/new.ts', 'hono/factory'],
    ['ops/new.ts', '#edge/app.ts'],
    ['test/new.test.ts', '#origin/orders/store.ts'],
    ['test/new.test.ts', 'ioredis'],
  ];
  test.each(allowed)('%s may import %s', (path, specifier) => {
    expect(inHouse(path, `import { a } from '${specifier}';\n`)).toEqual([]);
  });
});

describe('every way to write an import is seen', () => {
  const ROOM = 'a room imports only what the architecture allows it';
  const forms: readonly (readonly [what: string, text: string, line: number])[] = [
    ['a type import', "import type { A } from '#db/client.ts';", 1],
    ['an inline type import', "import { type A } from '#db/client.ts';", 1],
    ['an import over several lines', "\nimport {\n  a,\n  type B,\n} from '#db/client.ts';", 2],
    ['a default import named from', "import from from '#db/client.ts';", 1],
    ['a namespace import', 'import * as all from "#db/client.ts";', 1],
    ['an import for its effect', "import '#db/client.ts';", 1],
    ['an import with attributes', "import a from '#db/client.ts' with { type: 'json' };", 1],
    ['a comment in the middle', "import /* from 'x' */ type { A } // y\n from '#db/client.ts';", 1],
    ['a re-export', "export { a } from '#db/client.ts';", 1],
    ['a re-export of everything', "export * from '#db/client.ts';", 1],
    ['a re-export of everything under a name', "export * as db from '#db/client.ts';", 1],
    ['a re-export of types', "export type { A } from '#db/client.ts';", 1],
    ['a re-export of all types', "export type * from '#db/client.ts';", 1],
    ['a dynamic import', "const a = await import('#db/client.ts');", 1],
    ['a dynamic import in a template', `const a = \`x \${await import('#db/client.ts')} y\`;`, 1],
    ['a type by import()', "type A = import('#db/client.ts').A;", 1],
    ['a typeof import()', "let a: typeof import('#db/client.ts');", 1],
    ['require', "const a = require('#db/client.ts');", 1],
    ['import = require', "import a = require('#db/client.ts');", 1],
    ['after a regular expression with a quote', "const r = /['`]/;\nimport '#db/client.ts';", 2],
    ['after a division', "const r = a / b; const c = 1 / 2;\nimport '#db/client.ts';", 2],
    ['after nested templates', `const t = \`\${\`\${{ a: '}' }.a}\`}\`;\nimport '#db/client.ts';`, 2],
  ];
  test.each(forms)('%s', (_what, text, line) => {
    expect(inHouse('lib/new.ts', text, ROOM)).toEqual([`lib/new.ts:${line}`]);
  });

  const innocent: readonly (readonly [what: string, text: string])[] = [
    ['a comment', "// import '#db/client.ts';\n/* import '#db/client.ts'; */"],
    ['a string', `const a = "import '#db/client.ts'";`],
    ['a template', "const a = `import '#db/client.ts'`;"],
    ['a regular expression', "const a = /import '#db\\/client.ts'/;"],
    ['a member called import', "const a = b.import('#db/client.ts');"],
    ['import.meta', 'const a = import.meta.dir;'],
    ['an export without from', "const a = 1;\nexport { a };\nconst from = '#db/client.ts';"],
  ];
  test.each(innocent)('%s is no import', (_what, text) => {
    expect(inHouse('lib/new.ts', text)).toEqual([]);
  });

  test('a file that does not parse is a breach, not a silence', () => {
    expect(inHouse('lib/new.ts', 'import { from', 'every import is understood')).toEqual(['lib/new.ts:1']);
  });

  test('an import that the scanner loses is caught by the second opinion', () => {
    const lost = "if (a) /`/.test(b);\nimport '#db/client.ts';\n";
    expect(inHouse('lib/new.ts', lost)).toContain('lib/new.ts:1');
  });
});

describe('the shape of a path', () => {
  const SHAPE = 'a path in an import begins with ./ or #, never climbs, ends in its extension and exists';
  test.each([
    '../lib/money.ts',
    './../lib/money.ts',
    '#lib/../db/client.ts',
    '/lib/money.ts',
    '#lib/money',
    '#lib/missing.ts',
    '#nowhere/money.ts',
    '#lib',
    './orders',
    '.',
  ])('%s is refused', (specifier) => {
    expect(inHouse('origin/new.ts', `import { a } from '${specifier}';`, SHAPE)).toEqual(['origin/new.ts:1']);
  });

  test('a computed path is refused', () => {
    expect(inHouse('origin/new.ts', 'await import(name);\nawait import(`./` + x);', SHAPE)).toEqual([
      'origin/new.ts:1',
      'origin/new.ts:2',
    ]);
  });
});

describe('features', () => {
  const DOOR = 'another feature is entered through its service.ts';
  test.each(['store.ts', 'model.ts', 'routes.ts', 'place-order.ts'])(
    'a feature may not reach into the %s of another, not even for a type',
    (file) => {
      const text = `import type { A } from '#origin/orders/${file}';`;
      expect(inHouse('origin/cart/service.ts', text, DOOR)).toEqual(['origin/cart/service.ts:1']);
      expect(inHouse('origin/http/auth.ts', text, DOOR)).toEqual(['origin/http/auth.ts:1']);
      expect(inHouse('origin/orders/cancel-order.ts', text, DOOR)).toEqual([]);
    },
  );

  test('app.ts lists routes and nothing else of a feature', () => {
    expect(inHouse('origin/app.ts', "import { a } from './orders/store.ts';", DOOR)).toEqual([
      'origin/app.ts:1',
    ]);
    expect(inHouse('origin/main.ts', "import { a } from './orders/routes.ts';", DOOR)).toEqual([
      'origin/main.ts:1',
    ]);
  });
});

describe('packages', () => {
  const HOME = 'a package is imported in its home only';
  const strays: readonly (readonly [name: string, path: string])[] = [
    ['hono', 'origin/http/auth.ts'],
    ['elysia', 'origin/orders/service.ts'],
    ['@elysiajs/jwt', 'origin/orders/store.ts'],
    ['drizzle-orm', 'origin/orders/service.ts'],
    ['postgres', 'origin/orders/store.ts'],
    ['stripe', 'origin/payments/service.ts'],
    ['ioredis', 'origin/cart/store.ts'],
    ['nats', 'workers/consumer.ts'],
    ['nodemailer', 'origin/orders/service.ts'],
  ];
  test.each(strays)('%s is not at home in %s', (name, path) => {
    expect(inHouse(path, `import type { A } from '${name}';`, HOME)).toEqual([`${path}:1`]);
  });

  const homes: readonly (readonly [name: string, path: string])[] = [
    ['elysia', 'origin/http/auth.ts'],
    ['elysia', 'origin/orders/model.ts'],
    ['drizzle-orm', 'origin/orders/store.ts'],
    ['drizzle-orm/postgres-js', 'db/client.ts'],
    ['stripe', 'origin/payments/stripe.ts'],
    ['ioredis', 'origin/adapters/redis.ts'],
    ['nats', 'origin/deps.ts'],
    ['nodemailer', 'workers/mailer.ts'],
  ];
  test.each(homes)('%s is at home in %s', (name, path) => {
    expect(inHouse(path, `import type { A } from '${name}';`, HOME)).toEqual([]);
  });

  test('a second adapter of one package is a breach', () => {
    const text = "import { a } from 'nodemailer';";
    expect(breaches({ 'workers/a.ts': text, 'workers/b.ts': text, 'test/c.ts': text })).toEqual([
      'workers/b.ts:1',
    ]);
  });

  test('an imported package must be a direct dependency', () => {
    const sentence = 'every imported package is a direct dependency';
    expect(inHouse('test/a.ts', "import a from 'left-pad';\nimport b from 'miniflare';", sentence)).toEqual([
      'test/a.ts:1',
    ]);
  });

  test.each(['^1.0.0', '~1.0.0', '1.x', '*', 'latest', '>=1.0.0', 'file:./x', 'github:a/b'])(
    'the version %s is not exact',
    (version) => {
      const manifest = JSON.stringify({ dependencies: { hono: version } });
      expect(breaches({ 'package.json': manifest }, 'direct dependencies have exact versions')).toHaveLength(
        1,
      );
    },
  );
});

describe('neutral code', () => {
  test.each(['Bun.sleep(1)', 'process.env', "Buffer.from('')", '[process]'])(
    'lib/ does without %s',
    (code) => {
      expect(inHouse('lib/new.ts', `export const a = ${code};`)).toEqual(['lib/new.ts:1']);
    },
  );

  test('a member or a key of that name is innocent', () => {
    expect(
      inHouse('lib/new.ts', "export const a = { process: 1 }.process; // Bun\nexport const b = 'Bun';"),
    ).toEqual([]);
  });
});
