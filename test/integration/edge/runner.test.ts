/** The local runner as a process: its settings, and that nothing outlives it. */

import { expect, setDefaultTimeout, test } from 'bun:test';
import { PROBLEMS } from '#lib/problems.ts';
import { startEdge } from '#ops/edge/run.ts';
import { isAlive } from '#ops/local/processes.ts';
import { EDGE_SECRET, PURGE_SECRET } from '#test/support/edge.ts';
import { eventually } from '#test/support/eventually.ts';

// The runtime starts slowly on a busy machine.
setDefaultTimeout(30_000);

const MAIN = Bun.fileURLToPath(import.meta.resolve('#ops/edge/main.ts'));

function startRunner(flags: readonly string[], environment: Record<string, string>) {
  return Bun.spawn([process.execPath, MAIN, ...flags], {
    env: { PATH: process.env['PATH'] ?? '', ...environment },
    stdout: 'pipe',
    stderr: 'pipe',
  });
}

async function listeningUrl(stdout: ReadableStream<Uint8Array>): Promise<string> {
  let text = '';
  for await (const chunk of stdout) {
    text += new TextDecoder().decode(chunk);
    const url = /"url":"([^"]+)"/.exec(text)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error(`the runner ended without listening: ${text}`);
}

async function isAnswering(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/livez`, { signal: AbortSignal.timeout(1_000) })).ok;
  } catch {
    return false;
  }
}

const SECRETS = { EDGE_SECRET, EDGE_PURGE_SECRET: PURGE_SECRET };

for (const signal of ['SIGTERM', 'SIGINT', 'SIGKILL'] as const) {
  test(`${signal} ends the runner and workerd with it`, async () => {
    const runner = startRunner(['--port', '0'], SECRETS);
    const url = await listeningUrl(runner.stdout);
    expect(await isAnswering(url)).toBe(true);
    runner.kill(signal);
    await runner.exited;
    if (signal !== 'SIGKILL') expect(runner.exitCode).toBe(0);
    await eventually('workerd is gone', async () => !(await isAnswering(url)));
  });
}

/** The runner's only child; on a machine without pgrep the test would not know whom to kill. */
async function childOf(pid: number): Promise<number> {
  const listing = Bun.spawn(['pgrep', '-P', String(pid)], { stdout: 'pipe' });
  return Number((await new Response(listing.stdout).text()).trim());
}

test('SIGHUP has another workerd take over, and nobody who asks meanwhile notices', async () => {
  const runner = startRunner(['--port', '0'], SECRETS);
  const url = await listeningUrl(runner.stdout);
  const first = await childOf(runner.pid);
  const failures: unknown[] = [];
  let answered = 0;
  let isOver = false;
  const asking = Array.from({ length: 8 }, async () => {
    while (!isOver) {
      try {
        const answer = await fetch(`${url}/livez`, { headers: { connection: 'close' } });
        if (!answer.ok) failures.push(answer.status);
        answered += 1;
      } catch (error) {
        failures.push(error);
      }
    }
  });
  runner.kill('SIGHUP');
  await eventually('another serves', async () => (await childOf(runner.pid)) !== first && !isAlive(first));
  const before = answered;
  await eventually('it answers', () => answered > before + 100);
  isOver = true;
  await Promise.all(asking);
  expect(failures).toEqual([]);
  runner.kill('SIGTERM');
  await runner.exited;
});

test('the runner ends with a failure when workerd dies, so that whoever watches it starts it again', async () => {
  const runner = startRunner(['--port', '0'], SECRETS);
  await listeningUrl(runner.stdout);
  process.kill(await childOf(runner.pid), 'SIGKILL');
  expect(await runner.exited).toBe(1);
});

test('the runner refuses to start without its secrets, and names what is missing', async () => {
  const runner = startRunner(['--port', '0'], { EDGE_SECRET });
  expect(await runner.exited).toBe(1);
  expect(await new Response(runner.stderr).text()).toContain('EDGE_PURGE_SECRET');
});

test('an address that is taken is a failure that names it, in one line', async () => {
  const holder = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } });
  const runner = startRunner(['--port', String(holder.port)], SECRETS);
  expect(await runner.exited).toBe(1);
  const said = await new Response(runner.stderr).text();
  expect(said).toBe(`The edge cannot listen on 127.0.0.1:${holder.port}: it is in use.\n`);
  holder.stop(true);
});

test('a Worker with a short secret answers 500, and its log names the variable and not its value', async () => {
  const logs: string[] = [];
  const edge = await startEdge({
    originUrl: 'http://127.0.0.1:1',
    edgeSecret: 'too-short',
    purgeSecret: PURGE_SECRET,
    onLog: (line) => logs.push(line),
  });
  try {
    const response = await fetch(`${edge.url}/livez`);
    expect(response.status).toBe(PROBLEMS.internal.status);
    expect(await response.json()).toMatchObject({ code: 'internal' });
    await eventually('the log names it', () => logs.some((line) => line.includes('EDGE_SECRET')));
    expect(logs.join('\n')).not.toContain('too-short');
  } finally {
    await edge.stop();
  }
});

test('where Cloudflare is not in front, its header names nobody', async () => {
  const seen: (string | null)[] = [];
  const origin = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch(request) {
      seen.push(request.headers.get('x-hotshelf-client-ip'));
      return new Response();
    },
  });
  const edge = await startEdge({
    originUrl: origin.url.origin,
    edgeSecret: EDGE_SECRET,
    purgeSecret: PURGE_SECRET,
  });
  try {
    await fetch(`${edge.url}/health`, { headers: { 'cf-connecting-ip': '6.6.6.6' } });
    expect(seen).toEqual(['127.0.0.1']);
  } finally {
    await edge.stop();
    await origin.stop(true);
  }
});
