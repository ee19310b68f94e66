/** The launcher keeps its parts alive and leaves none of them behind. */

import { afterAll, expect, test } from 'bun:test';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Part } from '#ops/local/part.ts';
import { choosePorts, LOOPBACK } from '#ops/local/ports.ts';
import { isAlive, launch, listProcesses } from '#ops/local/processes.ts';
import { endLeftovers, openRegister } from '#ops/local/register.ts';
import { createSupervisor } from '#ops/local/supervisor.ts';
import { answersOk, waitUntil } from '#ops/local/waiting.ts';
import { partsOf, restartPart } from '#ops/rolling-restart/restart.ts';

const DEADLINE_MS = 20_000;
const TEST_TIMEOUT_MS = 30_000;
const parent = await mkdtemp(join(tmpdir(), 'supervisor-'));
afterAll(() => rm(parent, { recursive: true, force: true }));

/** Answers with its process id and has a child; notes in a file that it was asked to end. */
const PROGRAM = `
  const child = Bun.spawn(['sleep', '600']);
  const server = Bun.serve({
    hostname: '${LOOPBACK}',
    port: Number(process.argv[2]),
    fetch: () => Response.json({ pid: process.pid, child: child.pid }),
  });
  process.on('SIGTERM', async () => {
    await Bun.write(process.argv[3], 'asked');
    child.kill();
    await server.stop();
    process.exit(0);
  });`;

async function makeStand(name: string) {
  const folder = join(parent, name);
  await mkdir(folder);
  const file = join(folder, 'part.ts');
  await writeFile(file, PROGRAM);
  const { port } = await choosePorts({ port: 0 });
  const url = `http://${LOOPBACK}:${port}/`;
  const note = join(folder, 'note');
  const part: Part = {
    name: 'part',
    command: [process.execPath, file, String(port), note],
    environment: {},
    cwd: folder,
    marker: file,
    stopSignal: 'SIGTERM',
    killSignal: 'SIGKILL',
    readyDeadlineMs: DEADLINE_MS,
    isReady: () => answersOk(url),
    isLive: () => answersOk(url),
  };
  const said: string[] = [];
  const register = openRegister(folder);
  const supervisor = createSupervisor({ logFolder: folder, register, say: (text) => said.push(text) });
  const ask = async () => (await (await fetch(url)).json()) as { pid: number; child: number };
  return { folder, part, register, supervisor, said, ask, note };
}

function until(what: string, probe: () => Promise<boolean>): Promise<void> {
  return waitUntil(what, probe, { deadlineMs: DEADLINE_MS });
}

test(
  'a part that is killed comes back on the same port, with a message, and its old child is gone',
  async () => {
    const { part, supervisor, said, ask } = await makeStand('killed');
    await supervisor.start(part);
    const before = await ask();
    process.kill(before.pid, 'SIGKILL');
    await until('The restart', async () => said.some((text) => text.includes('part is back')));
    expect((await ask()).pid).not.toBe(before.pid);
    expect(said.join('\n')).toContain('part ended (SIGKILL)');
    await until('The end of the old child', async () => !isAlive(before.child));
    await supervisor.stop();
  },
  TEST_TIMEOUT_MS,
);

test(
  'a part that stands still is restarted',
  async () => {
    const { part, supervisor, said, ask } = await makeStand('still');
    await supervisor.start(part);
    const before = await ask();
    process.kill(before.pid, 'SIGSTOP');
    await until('The restart', async () => said.some((text) => text.includes('part is back')));
    expect((await ask()).pid).not.toBe(before.pid);
    await supervisor.stop();
  },
  TEST_TIMEOUT_MS,
);

test(
  'a part that is taken down stays down until what is done meanwhile has ended, and serves when it is said to',
  async () => {
    const { part, supervisor, ask } = await makeStand('down');
    await supervisor.start(part);
    const before = await ask();
    expect(supervisor.pidOf('part')).toBe(before.pid);
    let answeredMeanwhile = true;
    const meanwhile = async () => {
      answeredMeanwhile = await part.isReady().catch(() => false);
    };
    await supervisor.takeDown('part', { signal: 'SIGKILL', downMs: 1, meanwhile });
    expect(answeredMeanwhile).toBe(false);
    const after = await ask();
    expect(after.pid).not.toBe(before.pid);
    expect(supervisor.pidOf('part')).toBe(after.pid);
    await supervisor.stop();
  },
  TEST_TIMEOUT_MS,
);

test(
  'a part that an operator restarts is back under another process, and one that is retired stays away',
  async () => {
    const { folder, part, supervisor, ask, note } = await makeStand('operated');
    await supervisor.start(part);
    const before = await ask();
    expect(await partsOf(folder)).toEqual(['part']);
    expect(await restartPart(folder, 'part')).toBeGreaterThan(0);
    const { pid } = await ask();
    expect(pid).not.toBe(before.pid);
    await rm(note);
    await supervisor.retire('part');
    expect(await readFile(note, 'utf8')).toBe('asked');
    expect(isAlive(pid)).toBe(false);
    expect(await partsOf(folder)).toEqual([]);
    expect(await restartPart(folder, 'part')).toBeNull();
    await supervisor.stop();
  },
  TEST_TIMEOUT_MS,
);

test(
  'a stop asks first, and leaves no process of the group',
  async () => {
    const { part, supervisor, ask, note } = await makeStand('stopped');
    await supervisor.start(part);
    const { pid } = await ask();
    await supervisor.stop();
    expect(await readFile(note, 'utf8')).toBe('asked');
    const left = (await listProcesses()).filter(({ group }) => group === pid);
    expect(left).toEqual([]);
  },
  TEST_TIMEOUT_MS,
);

test(
  'a part that cannot start is an error with the end of its log',
  async () => {
    const { part, supervisor } = await makeStand('broken');
    const broken = {
      ...part,
      command: [process.execPath, '-e', 'console.error("no such thing"); process.exit(7)'],
    };
    const failure = await supervisor.start(broken).then(
      () => 'started',
      (error: unknown) => String(error),
    );
    expect(failure).toContain('part ended (exit code 7)');
    expect(failure).toContain('no such thing');
    await supervisor.stop();
  },
  TEST_TIMEOUT_MS,
);

test(
  'what a killed launcher left is ended by the next, and a stranger with its process id is not',
  async () => {
    const { folder, part, register, ask } = await makeStand('left');
    const { pid } = launch(part, join(folder, 'part.log'));
    await until('The part', () => part.isReady());
    const stranger = Bun.spawn(['sleep', '600'], { detached: true });
    await register.put(part, pid);
    await register.put({ ...part, name: 'stranger' }, stranger.pid);
    const { child } = await ask();
    expect(await endLeftovers(folder)).toEqual(['part']);
    await until('Their end', async () => ![pid, child].some(isAlive));
    expect(isAlive(stranger.pid)).toBe(true);
    stranger.kill();
    expect(await endLeftovers(folder)).toEqual([]);
  },
  TEST_TIMEOUT_MS,
);
