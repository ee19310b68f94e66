/** The straight line through points that lies nearest to them. Pure. */

import { assert } from '#lib/assert.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Line {
  readonly slope: number;
  at(x: number): number;
}

/** By least squares. */
export function lineThrough(points: readonly Point[]): Line {
  assert(points.length > 1, 'a line through fewer than two points');
  const mean = (of: (point: Point) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [meanX, meanY] = [mean(({ x }) => x), mean(({ y }) => y)];
  const spread = mean(({ x }) => (x - meanX) ** 2);
  assert(spread > 0, 'a line through points above one another');
  const slope = mean(({ x, y }) => (x - meanX) * (y - meanY)) / spread;
  return { slope, at: (x) => meanY + slope * (x - meanX) };
}
