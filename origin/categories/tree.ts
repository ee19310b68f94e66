/** The shape that the tree of categories keeps, whoever moves what. */

import type { CategoryId } from '#lib/ids.ts';

export interface TreeNode {
  readonly id: CategoryId;
  readonly parentId: CategoryId | null;
}

/** How the tree would break, with the category under that parent; null when it stays whole. */
export function breach(
  nodes: readonly TreeNode[],
  moved: TreeNode,
  maxDepth: number,
): 'cycle' | 'too deep' | null {
  const parents = new Map(nodes.map(({ id, parentId }) => [id, parentId]));
  parents.set(moved.id, moved.parentId);
  let depth = 1;
  for (let above = moved.parentId; above !== null; above = parents.get(above) ?? null) {
    if (above === moved.id || depth > parents.size) return 'cycle';
    depth += 1;
  }
  return depth - 1 + heightOf(nodes, moved.id) > maxDepth ? 'too deep' : null;
}

/** One for a category without any below it. */
function heightOf(nodes: readonly TreeNode[], id: CategoryId): number {
  const childrenOf = Map.groupBy(nodes, ({ parentId }) => parentId);
  let height = 0;
  for (let level: readonly CategoryId[] = [id]; level.length > 0 && height <= nodes.length; height += 1) {
    level = level.flatMap((above) => (childrenOf.get(above) ?? []).map((child) => child.id));
  }
  return height;
}
