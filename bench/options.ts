/** The command line of `bun run bench`, checked before anything starts. */

import { parseArgs } from 'node:util';
import { checked, UsageError, wholeNumber } from './command.ts';

export interface ReadOptions {
  readonly isQuick: boolean;
  /** CSV of `query,popularity,hits`; null for the bench's own queries. */
  readonly queryFile: string | null;
  /** Sizes of the catalogues, ascending; the first and the last are held against each other. */
  readonly sizes: readonly number[];
  readonly rounds: number;
  /** How long one run of the load generator lasts. */
  readonly runMs: number;
}

const SMALL = 1_000;
const MIDDLE = 100_000;
const LARGE = 1_000_000;
const QUICK_LARGE = 10_000;
const MAX_PRODUCTS = 10_000_000;
const MIN_ROUNDS = 3;
const MAX_ROUNDS = 50;
const RUN_MS = 4_000;
const QUICK_RUN_MS = 400;

export const HELP = `Measures the shop, each figure beside its limit in the same run.

  bun run bench read                     1,000, 100,000 and 1,000,000 products; the first time it makes them
  bun run bench read --quick             1,000 and 10,000 products, short runs: about a minute
  bun run bench checkout                 orders, cart to paid: spread, on one variant, and a flash sale of 10,000 units
  bun run bench checkout --quick         short runs and 1,000 units: about three minutes
  bun run bench security                 product reads while a hundred log in at once
  bun run bench security --quick         short runs: about a minute

  bun run bench overload                 2, 5 and 10 times as much as can be done, and an outage: about four minutes
  bun run bench overload --quick         one short round: about a minute

  bun run bench faults                   every component killed, frozen, slow, refusing and flapping: nine minutes
  bun run bench faults --quick           shorter faults: about six minutes
  bun run bench alerts                   from faults to alerts and back, told by a real Prometheus: about five minutes
  bun run bench soak [--minutes 30]      what each process holds in memory under a steady load; --reads N, --orders N

  --queries FILE    searches from CSV 'query,popularity,hits' instead of the bench's own (read)
  --products N      1,000 and N products instead (read)
  --only LIST       components, faults and pairs of them, such as redis,postgres:killed (faults)
  --keep            leaves the logs and the data of the run in .local/ (faults)
  --rounds N        rounds of each comparison (default ${MIN_ROUNDS}, the least)
  --help            this text

It starts its own stack on free ports and stops it at the end or on Ctrl-C. Generated catalogues are kept in
.local/bench-data for the next run. It needs wrk, for one comparison pgbench, and for the alerts Debian's prometheus,
which it unpacks if it is not there.
The report is written to bench/report/: a JSON file and a page, named as the bench.
Exit code: 0 when every target is held, 1 when one is short or not measured, 2 when the call is wrong.
`;

/** @returns null when the help was asked for. @throws {UsageError} */
export function parseReadOptions(args: readonly string[]): ReadOptions | null {
  const { values, positionals } = parsed(args);
  if (values.help) return null;
  if (positionals.length !== 1 || positionals[0] !== 'read') {
    throw new UsageError(
      "The benches there are: 'bun run bench read', 'checkout', 'faults', 'overload', 'security', 'alerts' and 'soak'.",
    );
  }
  const isQuick = values.quick ?? false;
  const usual = isQuick ? [SMALL, QUICK_LARGE] : [SMALL, MIDDLE, LARGE];
  const most = values.products;
  const sizes =
    most === undefined
      ? usual
      : [SMALL, wholeNumber('--products', most, { least: SMALL + 1, greatest: MAX_PRODUCTS })];
  const rounds =
    values.rounds === undefined
      ? MIN_ROUNDS
      : wholeNumber('--rounds', values.rounds, { least: MIN_ROUNDS, greatest: MAX_ROUNDS });
  return {
    isQuick,
    queryFile: values.queries ?? null,
    sizes,
    rounds,
    runMs: isQuick ? QUICK_RUN_MS : RUN_MS,
  };
}

function parsed(args: readonly string[]) {
  return checked(() =>
    parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        quick: { type: 'boolean' },
        queries: { type: 'string' },
        products: { type: 'string' },
        rounds: { type: 'string' },
        help: { type: 'boolean' },
      },
    }),
  );
}
