/** What one import carries through all of its steps. */

import type { IdSource } from '#lib/ids.ts';
import type { Currency } from '#lib/money.ts';
import type { StockMode } from './plan.ts';
import type { Refusal } from './rows.ts';
import type { ImportSummary } from './summary.ts';

export interface ImportOptions {
  readonly currency: Currency;
  readonly stockMode: StockMode;
  /** Reports what would happen and writes nothing. */
  readonly dryRun: boolean;
  /** Writes nothing unless every row is good. */
  readonly strict: boolean;
}

export interface ImportObserver {
  refused(refusal: Refusal): void;
  /** Called for every batch; the object goes on changing. */
  progress(summary: ImportSummary): void;
}

/** What an import carries along. */
export interface Run {
  /** Its name in the log of privileged acts. */
  readonly id: string;
  readonly options: ImportOptions;
  readonly summary: ImportSummary;
  readonly ids: IdSource;
  readonly refuse: (refusal: Refusal) => void;
  /** False for a dry run, and for a strict one from the first refused row on. */
  readonly writes: () => boolean;
}
