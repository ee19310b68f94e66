/** Reads at a modest rate, in an idle shop and beside a hundred who log in at once. */

import { join } from 'node:path';
import { withConnection } from '#bench/data/catalogue.ts';
import type { BarChart } from '#bench/page/model.ts';
import { hotPath } from '#bench/read/addresses.ts';
import { alternate, type Contender, chartOf, loadRun, type Run, roundsOf } from '#bench/read/compare.ts';
import type { RunningProgram } from '#bench/stack/program.ts';
import { edgeHeaders } from '#bench/stack/shop.ts';
import type { Stack } from '#bench/stack/stack.ts';
import { ratioOf } from '#bench/statistics.ts';
import { hashPassword } from '#db/password-hash.ts';
import { CHECKOUT } from '#ops/local/paths.ts';
import { type LogInJob, type LogInReport, readLogInReport } from './job.ts';
import type { SecurityOptions } from './options.ts';
import type { Outcomes } from './targets.ts';

export interface Shop {
  readonly stack: Stack;
  readonly databaseUrl: string;
  readonly products: number;
  readonly origin: RunningProgram;
  readonly edge: RunningProgram;
}

const CLIENTS = 100;
/** So many readers, each with a pause behind every answer: who waits longer for one keeps no other from asking. */
const READERS = 20;
const READER_PAUSE_MS = 100;
/** Until all of them have come, and until the last has its answer. */
const LEAD_MS = 1_000;
const GRACE_MS = 60_000;

interface Found {
  readonly outcomes: Outcomes;
  readonly charts: readonly BarChart[];
  /** A line each, for people. */
  readonly notes: readonly string[];
}

export async function measureLogIns(shop: Shop, options: SecurityOptions): Promise<Found> {
  const { stack, origin, edge } = shop;
  const file = join(stack.folder, 'product.paths');
  await Bun.write(file, `${hotPath(shop.products)}\n`);
  const job = await openAccounts(shop);
  const reports: LogInReport[] = [];
  const read = ({ url, pid }: RunningProgram, headers: Readonly<Record<string, string>>, runMs: number) => {
    const paths = { file, from: 0, pauseMs: READER_PAUSE_MS };
    return loadRun(
      { url: `${url}/`, headers, connections: READERS, runMs, paths, signal: stack.signal },
      pid,
    );
  };
  const readOrigin = (runMs: number) => read(origin, edgeHeaders(stack), runMs);
  const readEdge = (runMs: number) => read(edge, {}, runMs);
  const idle = (label: string, reads: (runMs: number) => Promise<Run>): Contender => ({
    label,
    role: 'limit',
    run: (_, runMs) => reads(runMs),
  });
  const beside = (label: string, reads: (runMs: number) => Promise<Run>): Contender => ({
    label,
    role: 'subject',
    run: async (round, runMs) => {
      const loggingIn = logInAll(stack, { ...job, forMs: runMs + LEAD_MS });
      loggingIn.catch(() => undefined);
      await Bun.sleep(LEAD_MS);
      const run = await reads(runMs);
      const report = await loggingIn;
      if (round >= 0) reports.push(report);
      return run;
    },
  });
  const contenders = {
    originIdle: idle('origin, idle', readOrigin),
    origin: beside(`origin, beside ${CLIENTS} who log in`, readOrigin),
    edgeIdle: idle('edge, idle', readEdge),
    edge: beside(`edge, beside ${CLIENTS} who log in`, readEdge),
  };
  const compared = await alternate(contenders, options);
  const tail = (runs: readonly Run[]) => roundsOf(runs, 'p99Ms');
  return {
    outcomes: {
      originTail: { figure: ratioOf(tail(compared.origin), tail(compared.originIdle)) },
      edgeTail: { figure: ratioOf(tail(compared.edge), tail(compared.edgeIdle)) },
    },
    charts: (['p99Ms', 'p50Ms'] as const).map((measure) =>
      chartOf(contenders, compared, {
        title: `A product read while people log in: ${measure === 'p99Ms' ? 'p99' : 'p50'}`,
        note: `wrk with ${READERS} connections that ask again ${READER_PAUSE_MS} ms after each answer.`,
        ...{ unit: 'ms', measure },
      }),
    ),
    notes: [noteOf(reports)],
  };
}

function noteOf(reports: readonly LogInReport[]): string {
  const seconds = reports.reduce((sum, report) => sum + report.seconds, 0);
  const rate = (isMeant: (status: string) => boolean) => {
    const counts = reports.flatMap(({ statuses }) => Object.entries(statuses));
    const total = counts.reduce((sum, [status, count]) => sum + (isMeant(status) ? count : 0), 0);
    return (total / seconds).toFixed(1);
  };
  return `a second: ${rate((status) => status === '200')} logged in, ${rate((status) => status === '503')} told to come back`;
}

/** Users who share a password, and so a hash: to open a hundred accounts costs a minute of hashing. */
async function openAccounts({ databaseUrl, stack, origin }: Shop): Promise<Omit<LogInJob, 'forMs'>> {
  const password = crypto.randomUUID();
  const hash = await hashPassword(password);
  const emails = Array.from({ length: CLIENTS }, (_, at) => `log-in-${at}@hotshelf.example`);
  await withConnection(databaseUrl, async (sql) => {
    await sql`
      insert into users (id, email, name, password_hash, role)
      select gen_random_uuid(), email, 'Bench', ${hash}, 'shopper' from unnest(${emails}::text[]) as email
      on conflict (email) do update set password_hash = excluded.password_hash`;
  });
  return { originUrl: origin.url, edgeSecret: stack.secrets.edgeSecret, emails, password };
}

async function logInAll({ signal }: Stack, job: LogInJob): Promise<LogInReport> {
  signal.throwIfAborted();
  const child = Bun.spawn([process.execPath, join(CHECKOUT, 'bench/programs/log-ins.ts')], {
    stdin: new Blob([JSON.stringify(job)]),
    stdout: 'pipe',
    stderr: 'inherit',
    timeout: job.forMs + GRACE_MS,
    signal,
  });
  const text = await child.stdout.text();
  if ((await child.exited) !== 0) throw new Error('those who log in broke off');
  const report = readLogInReport(text);
  const { 200: opened = 0, 503: refused = 0, ...others } = report.statuses;
  if (opened === 0 || Object.keys(others).length > 0) {
    throw new Error(`logging in went wrong: ${JSON.stringify({ opened, refused, ...others })}`);
  }
  return report;
}
