/** Stripe's form encoding: `a[b][]=1&a[c]=2` to a tree of texts, with bounds on size and depth. */

import { invalidParameter } from './errors.ts';

/** Lists arrive as trees whose names are `0`, `1`, ... */
export type FormTree = ReadonlyMap<string, FormNode>;
export type FormNode = string | FormTree;
type Growing = Map<string, string | Growing>;

const MAX_PAIRS = 1_000;
const MAX_DEPTH_NAMES = 8;

function namesOf(key: string): string[] {
  const open = key.indexOf('[');
  if (open <= 0) return [key];
  const inner = [...key.slice(open).matchAll(/\[([^\]]*)\]/g)].map((match) => match[1] ?? '');
  return [key.slice(0, open), ...inner];
}

function childTree(tree: Growing, name: string): Growing {
  const present = tree.get(name);
  if (present instanceof Map) return present;
  const fresh: Growing = new Map();
  tree.set(name, fresh);
  return fresh;
}

function put(root: Growing, key: string, value: string): void {
  const names = namesOf(key);
  if (names.length > MAX_DEPTH_NAMES)
    throw invalidParameter('Invalid request: parameters are nested too deep');
  let tree = root;
  for (const name of names.slice(0, -1)) tree = childTree(tree, name === '' ? String(tree.size) : name);
  const last = names.at(-1) ?? '';
  tree.set(last === '' ? String(tree.size) : last, value);
}

/** @throws {StripeDoubleError} when there are too many parameters or they are nested too deep. */
export function parseForm(encoded: string): FormTree {
  const root: Growing = new Map();
  let pairs = 0;
  for (const [key, value] of new URLSearchParams(encoded)) {
    pairs += 1;
    if (pairs > MAX_PAIRS) throw invalidParameter('Invalid request: there are too many parameters');
    put(root, key, value);
  }
  return root;
}

/** One text per meaning: two bodies that say the same, in whatever order, give the same. */
export function canonicalForm(tree: FormTree): string {
  const entries = [...tree].map(([name, node]) => {
    const value = typeof node === 'string' ? JSON.stringify(node) : canonicalForm(node);
    return `${JSON.stringify(name)}:${value}`;
  });
  return `{${entries.sort().join(',')}}`;
}
