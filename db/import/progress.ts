/** Shows how far an import is: one line that moves on a terminal, a plain line every two seconds elsewhere. */

import type { ImportSummary } from './summary.ts';

export interface Screen {
  readonly isTerminal: boolean;
  write(text: string): void;
  nowMs(): number;
}

export interface Progress {
  update(summary: ImportSummary): void;
  /** Clears the moving line, so that others can write. */
  clear(): void;
}

const TERMINAL_INTERVAL_MS = 100;
const PLAIN_INTERVAL_MS = 2_000;
const CLEAR_LINE = '\r\x1b[2K';

export function showProgress(screen: Screen): Progress {
  const intervalMs = screen.isTerminal ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS;
  let shownAtMs = screen.nowMs();
  let moving = false;
  return {
    update: ({ rows, products, refused }) => {
      const nowMs = screen.nowMs();
      if (nowMs - shownAtMs < intervalMs) return;
      shownAtMs = nowMs;
      const count = products.created + products.changed + products.unchanged;
      const line = `import: ${rows} rows, ${count} products, ${refused} refused`;
      screen.write(screen.isTerminal ? `${CLEAR_LINE}${line}` : `${line}\n`);
      moving = screen.isTerminal;
    },
    clear: () => {
      if (moving) screen.write(CLEAR_LINE);
      moving = false;
    },
  };
}
