/** Shows how far an import or an export is: one line that moves on a terminal, a plain line every two seconds elsewhere. */

export interface Screen {
  readonly isTerminal: boolean;
  write(text: string): void;
  nowMs(): number;
}

export interface Progress {
  update(line: string): void;
  /** Clears the moving line, so that others can write. */
  clear(): void;
}

const TERMINAL_INTERVAL_MS = 100;
const PLAIN_INTERVAL_MS = 2_000;
const CLEAR_LINE = '\r\x1b[2K';

const STANDARD_ERROR: Screen = {
  isTerminal: process.stderr.isTTY === true,
  write: (text) => process.stderr.write(text),
  nowMs: () => performance.now(),
};

export function showProgress(screen: Screen = STANDARD_ERROR): Progress {
  const intervalMs = screen.isTerminal ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS;
  let shownAtMs = screen.nowMs();
  let moving = false;
  return {
    update: (line) => {
      const nowMs = screen.nowMs();
      if (nowMs - shownAtMs < intervalMs) return;
      shownAtMs = nowMs;
      screen.write(screen.isTerminal ? `${CLEAR_LINE}${line}` : `${line}\n`);
      moving = screen.isTerminal;
    },
    clear: () => {
      if (moving) screen.write(CLEAR_LINE);
      moving = false;
    },
  };
}
