/** A cached private read with its token verified and counted against its user's limit, against the same read without. */

import { join } from 'node:path';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { PRIVATE_PATH, TOKENS_PATH } from '#bench/programs/private-paths.ts';
import type { RunningProgram } from '#bench/stack/program.ts';
import { headersOfCall, startPrivateRead } from '#bench/stack/shop.ts';
import type { Bench, Found } from './bench.ts';
import { alternate, type Contender, chartOf, loadRun, type Measure, rateAgainst } from './compare.ts';

/** So many that the process is never idle while it waits for Redis. */
const CONNECTIONS = 64;
const Tokens = Type.Array(Type.String(), { minItems: CONNECTIONS });

export async function measurePrivateRead(bench: Bench): Promise<Found> {
  const { stack, options } = bench;
  const [guarded, open] = [await startPrivateRead(stack, 'guarded'), await startPrivateRead(stack, 'open')];
  const paths = { file: await writeCalls(bench, guarded), from: 0 };
  const contender = (label: string, { url, pid }: RunningProgram, role: Contender['role']): Contender => {
    const load = { url, headers: {}, connections: CONNECTIONS, paths, signal: stack.signal };
    return { label, role, run: (_, runMs) => loadRun({ ...load, runMs }, pid) };
  };
  const contenders = {
    without: contender('no token looked at, no limit', open, 'limit'),
    with: contender('token verified, user counted in Redis', guarded, 'subject'),
  };
  const compared = await alternate(contenders, options);
  await guarded.stop();
  await open.stop();
  const chart = (title: string, unit: string, measure: Measure) =>
    chartOf(contenders, compared, {
      title: `A cached private read: ${title}`,
      note: `wrk with ${CONNECTIONS} connections, each request another user's; the same requests to both.`,
      ...{ unit, measure },
    });
  return {
    outcomes: { privateRead: rateAgainst(compared.with, compared.without) },
    charts: [
      chart('requests per second', 'requests/s', 'perSecond'),
      chart('processor time per request', 'µs', 'cpuUs'),
    ],
  };
}

/** The same read by many users, one after the other: nobody who has a limit makes such a load alone. */
async function writeCalls({ stack }: Bench, program: RunningProgram): Promise<string> {
  const url = program.url + TOKENS_PATH;
  const answer = await fetch(url, { headers: headersOfCall(stack, { method: 'GET', url }) });
  const tokens = Value.Decode(Tokens, await answer.json());
  const lines = tokens.map((token) => {
    const call = {
      method: 'GET',
      url: program.url + PRIVATE_PATH,
      headers: { authorization: `Bearer ${token}` },
    };
    const headers = Object.entries(headersOfCall(stack, call)).map(([name, value]) => `\t${name}: ${value}`);
    return PRIVATE_PATH + headers.join('');
  });
  const file = join(stack.folder, 'private-calls.paths');
  await Bun.write(file, `${lines.join('\n')}\n`);
  return file;
}
