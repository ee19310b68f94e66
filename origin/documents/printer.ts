/**
 * Prints documents in a process of its own: laying out fifty lines takes a core for longer than other requests should
 * wait. One is printed at a time, and few wait.
 */

import { assert } from '#lib/assert.ts';
import { createBulkhead } from '#lib/bulkhead.ts';
import type { BulkheadPolicy } from '#lib/policies.ts';
import { createOwnProcess } from '#origin/adapters/own-process.ts';
import type { Sheet } from './sheet.ts';

export interface Printer {
  /** A PDF; the same sheet makes the same bytes. @throws {AppError} `unavailable` while too many wait, or it takes too long */
  print(sheet: Sheet): Promise<Uint8Array>;
}

const PROGRAM = new URL('print-main.ts', import.meta.url).pathname;
const FOLDER = new URL('.', import.meta.url).pathname;
/** A hundred times what it takes on a machine with nothing else to do. */
const TIMEOUT_MS = 8_000;
const MAX_RUNS: BulkheadPolicy = { maxRunning: 1, maxWaiting: 32 };

export function createPrinter(): Printer {
  const bulkhead = createBulkhead(MAX_RUNS);
  const work = createOwnProcess<Sheet, Uint8Array>({
    program: PROGRAM,
    folder: FOLDER,
    deadlineMs: TIMEOUT_MS,
  });
  return {
    print: (sheet) =>
      bulkhead(async () => {
        const pdf = await work(sheet);
        assert(pdf !== null, `the document ${sheet.title} could not be printed`);
        return pdf;
      }),
  };
}
