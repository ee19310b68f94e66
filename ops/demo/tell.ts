/** How the demo tells of its steps. */

import { present } from '#lib/assert.ts';
import { currency, formatMoney, minor } from '#lib/money.ts';
import type { Price } from './answers.ts';

const STEP_WIDTH = 9;

/** A line; of a step's further lines the step is empty. */
export const say = (step: string, text: string) => console.log(`  ${step.padEnd(STEP_WIDTH)}${text}`);

export const inWords = ({ amount, currency: code }: Price) =>
  formatMoney({ amount: minor(amount), currency: currency(code) });

export const pick = <T>(items: readonly T[], what: string): T =>
  present(items[Math.floor(Math.random() * items.length)], what);

/** The cells of each row below those of the others; texts to the left, what is from `firstRight` on to the right. */
export function inColumns(rows: readonly (readonly string[])[], firstRight: number): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column < firstRight ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('   ')
      .trimEnd(),
  );
}
