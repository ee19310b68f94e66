/** `npm run audit`: whether the books of the shop are right. See --help. */

import { SECOND_MS } from '#lib/clock.ts';
import { readRunningShop } from '#ops/local/running.ts';
import { AuditError, type AuditOptions, audit } from './audit.ts';
import { type AuditCall, HELP, parseCommand, placesOf } from './command-line.ts';
import { type Settled, settle } from './settle.ts';
import { toText } from './table.ts';

const CLEAN = 0;
const BREACHED = 1;
const WRONG = 2;
const PROGRESS_EVERY_MS = 2 * SECOND_MS;

async function main(): Promise<number> {
  const command = parseCommand(process.argv.slice(2), process.env);
  switch (command.kind) {
    case 'help':
      console.log(HELP);
      return CLEAN;
    case 'wrong':
      console.error(`audit: ${command.reason} Try --help.`);
      return WRONG;
    case 'audit':
      return await run(command.call);
  }
}

async function run(call: AuditCall): Promise<number> {
  const running = call.urls.database === undefined ? await readRunningShop() : null;
  const sources = placesOf(call.urls, process.env, running);
  if (sources === null) {
    console.error("audit: there is no DATABASE_URL and no running shop: 'npm start' first.");
    return WRONG;
  }
  const onProgress = nowAndThen();
  try {
    const settled = call.settleMs === null ? null : await settleFor(sources, call.settleMs, onProgress);
    const report = await audit(sources, { ...optionsOf(call), onProgress });
    console.log(call.json ? JSON.stringify({ ...report, settled }) : toText(report));
    return report.verdict === 'clean' ? CLEAN : BREACHED;
  } catch (error) {
    if (!(error instanceof AuditError)) throw error;
    console.error(`audit: ${error.message}`);
    return WRONG;
  }
}

function optionsOf({ settleMs, inFlightMs, maxRows }: AuditCall): AuditOptions {
  const wanted = inFlightMs ?? (settleMs === null ? null : 0);
  return { maxRows, ...(wanted === null ? {} : { inFlightMs: wanted }) };
}

type Progress = (what: string) => void;

async function settleFor(
  sources: Parameters<typeof settle>[0],
  timeoutMs: number,
  onProgress: Progress,
): Promise<Settled> {
  const inWords = (left: object) =>
    Object.entries(left)
      .filter(([, count]) => count !== 0)
      .map(([what, count]) => `${what} ${count}`)
      .join(', ');
  const settled = await settle(sources, {
    timeoutMs,
    onProgress: (left) => onProgress(`settling: ${inWords(left)}`),
  });
  if (!settled.isSettled) {
    console.error(`audit: after ${timeoutMs / SECOND_MS} s there is still: ${inWords(settled.left)}`);
  }
  return settled;
}

/** A line of progress on stderr, every two seconds at most. */
function nowAndThen(): Progress {
  let saidAt = performance.now();
  return (what) => {
    if (performance.now() - saidAt < PROGRESS_EVERY_MS) return;
    saidAt = performance.now();
    console.error(`audit: ${what}`);
  };
}

process.exit(await main());
