/** What the shop is made of: each rule has a breach that it finds, and the bill names all there is. */

import { describe, expect, test } from 'bun:test';
import { CHECKOUT } from '#ops/local/paths.ts';
import { writeBill } from '#ops/supply-chain/bill.ts';
import { type LockedPackage, readTree, type Tree } from '#ops/supply-chain/lock.ts';
import { breachesOf } from '#ops/supply-chain/rules.ts';

const tree = await readTree(CHECKOUT);

test('this checkout breaches nothing', () => {
  expect(breachesOf(tree)).toEqual([]);
});

const NEW: LockedPackage = {
  path: ['left-pad'],
  name: 'left-pad',
  version: '1.0.0',
  integrity: `sha512-${'A'.repeat(86)}==`,
  needs: [],
  isForSomeSystems: false,
  manifest: { license: 'MIT' },
};

function withPackage(change: Partial<LockedPackage>): Tree {
  return { ...tree, packages: [...tree.packages, { ...NEW, ...change }] };
}

function withRoot(change: Partial<Tree['root']>): Tree {
  return { ...tree, root: { ...tree.root, ...change } };
}

describe('found is', () => {
  const breaches: readonly [string, Tree, string][] = [
    ['a range', withRoot({ dependencies: { ...tree.root.dependencies, hono: '^4.0.0' } }), 'exact version'],
    ['a tag', withRoot({ devDependencies: { knip: 'latest' } }), 'exact version'],
    ['a lockfile of before', withRoot({ dependencies: { hono: '1.0.0' } }), 'another package.json'],
    ['trust that is not locked', withRoot({ trustedDependencies: ['esbuild'] }), 'another package.json'],
    ['a package without a digest', withPackage({ integrity: '' }), 'SHA-512'],
    ['a package by its repository', withPackage({ version: 'github:a/b#c' }), 'elsewhere'],
    [
      'a package that is not there',
      {
        ...tree,
        packages: tree.packages.map((each) => (each.name === 'hono' ? { ...each, manifest: null } : each)),
      },
      'hono',
    ],
    ['a copyleft licence', withPackage({ manifest: { license: 'GPL-3.0-only' } }), 'GPL-3.0-only'],
    ['one of two that both hold', withPackage({ manifest: { license: 'MIT AND AGPL-3.0-only' } }), 'AGPL'],
    ['no licence', withPackage({ manifest: {} }), "licence ''"],
    ['a licence in a file', withPackage({ manifest: { license: 'SEE LICENSE IN x' } }), 'SEE LICENSE'],
    [
      'an install script',
      withPackage({ manifest: { license: 'MIT', scripts: { postinstall: 'curl | sh' } } }),
      'postinstall',
    ],
    [
      'an exception for nothing',
      { ...tree, packages: tree.packages.filter(({ name }) => name !== 'sharp') },
      'sharp is excepted',
    ],
  ];
  for (const [name, broken, words] of breaches) {
    test(name, () => expect(breachesOf(broken).join('\n')).toContain(words));
  }

  test('nothing in a choice of which one is allowed', () => {
    expect(breachesOf(withPackage({ manifest: { license: '(MIT OR GPL-3.0-only)' } }))).toEqual([]);
  });
});

describe('the bill', () => {
  const bill = JSON.parse(writeBill(tree));

  test('names every package with its version, digest and licence', () => {
    expect(bill.bomFormat).toBe('CycloneDX');
    expect(bill.components.length).toBe(tree.packages.length);
    const elysia = bill.components.find(({ name }: { name: string }) => name === 'elysia');
    expect(elysia).toMatchObject({
      version: tree.root.dependencies['elysia'],
      purl: `pkg:npm/elysia@${tree.root.dependencies['elysia']}`,
      scope: 'required',
      licenses: [{ expression: 'MIT' }],
    });
    expect(elysia.hashes[0]).toMatchObject({
      alg: 'SHA-512',
      content: expect.stringMatching(/^[0-9a-f]{128}$/),
    });
  });

  test('tells what runs from what only builds and tests', () => {
    const scopeOf = (purl: string) =>
      bill.components.find((each: { purl: string }) => each.purl.startsWith(purl))?.scope;
    expect(scopeOf('pkg:npm/jose@')).toBe('required');
    expect(scopeOf('pkg:npm/knip@')).toBe('excluded');
  });

  test('is the same for the same lockfile', async () => {
    expect(writeBill(await readTree(CHECKOUT))).toBe(writeBill(tree));
  });
});
