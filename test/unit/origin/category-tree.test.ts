/** Whatever is moved wherever, in whatever order: the tree stays a tree, and no deeper than it may be. */

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { CategoryId } from '#lib/ids.ts';
import { breach, type TreeNode } from '#origin/categories/tree.ts';

const MAX_DEPTH = 4;
const id = (number: number) => String(number) as CategoryId;

/** Looks at every node by itself, up to the top. */
function depthOf(nodes: readonly TreeNode[], start: TreeNode): number {
  let depth = 0;
  for (let node: TreeNode | undefined = start; node !== undefined; depth += 1) {
    if (depth > nodes.length) return Number.POSITIVE_INFINITY;
    const { parentId }: TreeNode = node;
    node = nodes.find((each) => each.id === parentId);
  }
  return depth;
}

test('a move is refused exactly when it would make a loop or too deep a tree', () => {
  const move = fc.tuple(fc.nat(7), fc.option(fc.nat(7)));
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
      let nodes: TreeNode[] = Array.from({ length: 8 }, (_, index) => ({ id: id(index), parentId: null }));
      for (const [which, under] of moves) {
        const moved = { id: id(which), parentId: under === null ? null : id(under) };
        const after = nodes.map((node) => (node.id === moved.id ? moved : node));
        const deepest = Math.max(...after.map((node) => depthOf(after, node)));
        const refusal = breach(nodes, moved, MAX_DEPTH);
        expect(refusal).toBe(
          deepest === Number.POSITIVE_INFINITY ? 'cycle' : deepest > MAX_DEPTH ? 'too deep' : null,
        );
        if (refusal === null) nodes = after;
      }
    }),
    { numRuns: 500 },
  );
});
