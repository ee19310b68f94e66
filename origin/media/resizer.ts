/**
 * Makes pictures, each in a process of its own: one that takes too long is ended from outside, and whatever a
 * picture does to its decoder, this process goes on. It costs some 60 ms a picture, once for each that is kept.
 */

import { MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import type { Logger } from '#lib/log.ts';
import type { PictureFormat } from './model.ts';
import { EXIT, MAX_INPUT_BYTES } from './resize-limits.ts';

export interface Wanted {
  readonly width: number;
  readonly format: PictureFormat;
}

/**
 * `as_it_is`: there is nothing to gain. `unreadable`: it is broken, or larger than its limits. `failed`: it may
 * go well another time, or on another machine.
 */
export type Resized =
  | { readonly kind: 'made'; readonly picture: Uint8Array }
  | { readonly kind: 'as_it_is' | 'unreadable' | 'failed' };

export type Resizer = (original: Uint8Array, wanted: Wanted) => Promise<Resized>;

const PROGRAM = new URL('resize-main.ts', import.meta.url).pathname;
const FOLDER = new URL('.', import.meta.url).pathname;
/** Ten times what the largest takes on a machine with nothing else to do. */
const TIMEOUT_MS = 10 * SECOND_MS;
/** What is missing on a machine may be installed while the shop is open. */
const LOOK_AGAIN_MS = 10 * MINUTE_MS;
const MAX_REASON_CHARACTERS = 500;

interface ResizerOptions {
  readonly program?: string;
  readonly timeoutMs?: number;
}

export function createResizer(
  log: Logger,
  { program = PROGRAM, timeoutMs = TIMEOUT_MS }: ResizerOptions = {},
): Resizer {
  let missingUntil = 0;
  return async (original, wanted) => {
    if (performance.now() < missingUntil) return { kind: 'failed' };
    if (original.byteLength > MAX_INPUT_BYTES) return { kind: 'unreadable' };
    const { exitCode, picture, reason } = await run({ program, timeoutMs }, original, wanted);
    switch (exitCode) {
      case EXIT.made:
        return picture.byteLength < original.byteLength ? { kind: 'made', picture } : { kind: 'as_it_is' };
      case EXIT.animated:
        return { kind: 'as_it_is' };
      case EXIT.unreadable:
        log.warn('a picture cannot be read', { reason });
        return { kind: 'unreadable' };
      case EXIT.uninstalled:
        missingUntil = performance.now() + LOOK_AGAIN_MS;
        log.error('pictures are served as they are: the package sharp does not load here', { reason });
        return { kind: 'failed' };
      default:
        log.error('making a picture failed', { ...wanted, exitCode, reason });
        return { kind: 'failed' };
    }
  };
}

/** `unreadable`: it is broken, moves, or is larger than its limits. */
export type Cleaned =
  | { readonly kind: 'made'; readonly picture: Uint8Array }
  | { readonly kind: 'unreadable' | 'failed' };

/** Makes of a picture that somebody has sent one that holds its pixels, in its own format, and nothing else. */
export type Cleaner = (sent: Uint8Array) => Promise<Cleaned>;

/** Wider pictures than any screen shows are made smaller. */
const MAX_CLEAN_WIDTH = 4_096;

export function createCleaner(
  log: Logger,
  { program = PROGRAM, timeoutMs = TIMEOUT_MS }: ResizerOptions = {},
): Cleaner {
  return async (sent) => {
    if (sent.byteLength > MAX_INPUT_BYTES) return { kind: 'unreadable' };
    const asked = { width: MAX_CLEAN_WIDTH, format: 'clean' } as const;
    const { exitCode, picture, reason } = await run({ program, timeoutMs }, sent, asked);
    if (exitCode === EXIT.made) return { kind: 'made', picture };
    if (exitCode === EXIT.unreadable || exitCode === EXIT.animated) return { kind: 'unreadable' };
    log.error('a picture that was sent could not be worked on', { exitCode, reason });
    return { kind: 'failed' };
  };
}

async function run(
  { program, timeoutMs }: Required<ResizerOptions>,
  original: Uint8Array,
  { width, format }: { readonly width: number; readonly format: PictureFormat | 'clean' },
) {
  const flags = ['--no-env-file', '--no-install'];
  const child = Bun.spawn([process.execPath, ...flags, program, String(width), format], {
    cwd: FOLDER,
    // It is given no secrets.
    env: {},
    stdin: original,
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  const [picture, told] = await Promise.all([child.stdout.bytes(), child.stderr.text(), child.exited]);
  return { exitCode: child.exitCode, picture, reason: told.slice(0, MAX_REASON_CHARACTERS).trim() };
}
