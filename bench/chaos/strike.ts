/** Does to the stack what the schedule says, and undoes it. */

import { readdir, readFile, rm } from 'node:fs/promises';
import { signalProcess } from '#ops/local/processes.ts';
import type { Fault, Strike } from './schedule.ts';
import type { ChaosStack } from './stack.ts';

/**
 * From the fault to its end: until the network is well, the frozen process goes on, or the killed one serves again.
 */
export async function strike(stack: ChaosStack, { fault, lastsMs }: Strike): Promise<void> {
  switch (fault.kind) {
    case 'kill':
      return kill(stack, fault, lastsMs);
    case 'freeze':
      return freeze(stack.supervisor.pidOf(fault.target), lastsMs);
    case 'network': {
      const link = stack.links[fault.target];
      link.set(fault.fault);
      await Bun.sleep(lastsMs);
      link.set(null);
    }
  }
}

type Kill = Extract<Fault, { readonly kind: 'kill' }>;

/** SIGQUIT is PostgreSQL's immediate shutdown: nothing is flushed, and its start recovers from the log. */
function kill({ supervisor, jetStreamFolder }: ChaosStack, { target, isWiped }: Kill, downMs: number) {
  return supervisor.takeDown(target, {
    signal: target === 'postgres' ? 'SIGQUIT' : 'SIGKILL',
    downMs,
    ...(isWiped ? { meanwhile: () => rm(jetStreamFolder, { recursive: true, force: true }) } : {}),
  });
}

/** PostgreSQL's server processes are children in groups of their own; the parent first, so that it makes no more. */
export async function freeze(pid: number, lastsMs: number): Promise<void> {
  signalProcess(pid, 'SIGSTOP');
  const children = await childrenOf(pid);
  for (const child of children) signalProcess(child, 'SIGSTOP');
  await Bun.sleep(lastsMs);
  for (const frozen of [...children, pid]) signalProcess(frozen, 'SIGCONT');
}

async function childrenOf(parent: number): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      const [, parentPid] = status.slice(status.lastIndexOf(')') + 2).split(' ');
      return Number(parentPid) === parent ? [pid] : [];
    }),
  );
  return found.flat();
}
