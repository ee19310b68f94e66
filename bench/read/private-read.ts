/** A cached private read with its token verified and counted against the user's limit, against the same read without. */

import type { RunningProgram } from '#bench/stack/program.ts';
import { headersOfCall, startPrivateRead } from '#bench/stack/shop.ts';
import { type Bench, CONNECTIONS, type Found } from './bench.ts';
import { alternate, type Contender, chartOf, loadRun, rateAgainst } from './compare.ts';

export async function measurePrivateRead(bench: Bench): Promise<Found> {
  const { stack, options } = bench;
  const program = await startPrivateRead(stack);
  const authorization = `Bearer ${await tokenOf(bench, program)}`;
  const contender = (label: string, path: string, role: Contender['role']): Contender => {
    const url = program.url + path;
    const headers = headersOfCall(stack, { method: 'GET', url, headers: { authorization } });
    const load = { url, headers, connections: CONNECTIONS, signal: stack.signal };
    return { label, role, run: (_, runMs) => loadRun({ ...load, runMs }, program.pid) };
  };
  const contenders = {
    without: contender('no token looked at, no limit', '/without', 'limit'),
    with: contender('token verified, user counted in Redis', '/with', 'subject'),
  };
  const compared = await alternate(contenders, options);
  await program.stop();
  return {
    outcomes: { privateRead: rateAgainst(compared.with, compared.without) },
    charts: [
      chartOf(contenders, compared, {
        title: 'A cached private read: requests per second',
        note: `wrk with ${CONNECTIONS} connections of one user.`,
        unit: 'requests/s',
        measure: 'perSecond',
      }),
    ],
  };
}

async function tokenOf({ stack }: Bench, program: RunningProgram): Promise<string> {
  const url = `${program.url}/token`;
  const answer = await fetch(url, { headers: headersOfCall(stack, { method: 'GET', url }) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return answer.text();
}
