/**
 * People who log in all at once, as a program of its own that calls the origin as the edge does: each again as soon as
 * it has its answer, or after the time for which it was told to wait. Tells what the answers were.
 */

import { type LogInJob, type LogInReport, readLogInJob } from '#bench/security/job.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { provenHeaders } from '#origin/http/edge-proof.ts';

const TIMEOUT_MS = 20_000;

type Statuses = Record<string, number>;

async function logIn({ originUrl, edgeSecret, password }: LogInJob, email: string): Promise<Response> {
  const url = `${originUrl}/api/v1/auth/login`;
  const body = JSON.stringify({ email, password });
  const call = { method: 'POST', url, headers: { 'content-type': 'application/json' }, body };
  const headers = provenHeaders(edgeSecret, new Date(), call);
  const answer = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) });
  await answer.arrayBuffer();
  return answer;
}

async function comeAgain(job: LogInJob, email: string, statuses: Statuses, endsAt: number): Promise<void> {
  while (performance.now() < endsAt) {
    const { status, headers } = await logIn(job, email);
    statuses[status] = (statuses[status] ?? 0) + 1;
    const waitMs = Number(headers.get('retry-after') ?? 0) * SECOND_MS;
    await Bun.sleep(Math.min(waitMs, Math.max(0, endsAt - performance.now())));
  }
}

const job = readLogInJob(await Bun.stdin.text());
const statuses: Statuses = {};
const begun = performance.now();
await Promise.all(job.emails.map((email) => comeAgain(job, email, statuses, begun + job.forMs)));
const report: LogInReport = { statuses, seconds: (performance.now() - begun) / SECOND_MS };
console.log(JSON.stringify(report));
