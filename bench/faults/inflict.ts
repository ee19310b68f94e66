/** Breaks a component in one of the ways that a component can be broken, for a while, and repairs it. */

import { freeze } from '#bench/chaos/strike.ts';
import { SECOND_MS } from '#lib/clock.ts';
import type { Cell, Component } from './design.ts';
import type { FaultsStack, LinkName } from './stack.ts';

interface Makeup {
  readonly processes: readonly string[];
  readonly links: readonly LinkName[];
}

const MAKEUP: Readonly<Record<Component, Makeup>> = {
  origin: { processes: ['origin-1'], links: ['origin-1'] },
  origins: { processes: ['origin-1', 'origin-2'], links: ['origin-1', 'origin-2'] },
  workers: { processes: ['workers-1', 'workers-2'], links: [] },
  postgres: { processes: ['postgres'], links: ['postgres'] },
  replica: { processes: ['replica'], links: ['replica'] },
  redis: { processes: ['redis'], links: ['redis'] },
  nats: { processes: ['nats'], links: ['nats'] },
  stripe: { processes: ['stripe'], links: ['stripe'] },
  smtp: { processes: ['mail-catcher'], links: ['smtp'] },
};

const SLOW_MS = 5 * SECOND_MS;
const FLAP_DOWN_MS = 600;
const FLAP_UP_MS = 400;

/** Resolves when the component serves again. */
export async function inflict(
  stack: FaultsStack,
  { component, fault }: Cell,
  lastsMs: number,
): Promise<void> {
  const { processes, links } = MAKEUP[component];
  const each = (work: (process: string) => Promise<void>) => Promise.all(processes.map(work));
  const setLinks = (kind: 'refused' | 'reset' | null) => {
    for (const link of links) stack.links[link].set(kind === null ? null : { kind });
  };
  switch (fault) {
    case 'killed':
      // Where nobody listens any more, connections are refused: the proxy must not take them.
      setLinks('refused');
      await each((process) => kill(stack, process, lastsMs));
      return setLinks(null);
    case 'frozen':
      await each((process) => freeze(stack.supervisor.pidOf(process), lastsMs));
      return;
    case 'slow':
      // Half of it on the way there, half on the way back.
      for (const link of links) stack.links[link].set({ kind: 'latency', ms: SLOW_MS / 2 });
      await Bun.sleep(lastsMs);
      return setLinks(null);
    case 'refusing':
      setLinks('refused');
      await Bun.sleep(lastsMs);
      return setLinks(null);
    case 'flapping':
      return links.length === 0 ? killAgain(stack, processes, lastsMs) : flap(setLinks, lastsMs);
  }
}

/** SIGQUIT is PostgreSQL's immediate shutdown: nothing is flushed, and its start recovers from the log. */
function kill({ supervisor }: FaultsStack, process: string, downMs: number): Promise<void> {
  const isPostgres = process === 'postgres' || process === 'replica';
  return supervisor.takeDown(process, { signal: isPostgres ? 'SIGQUIT' : 'SIGKILL', downMs });
}

async function flap(setLinks: (kind: 'reset' | null) => void, lastsMs: number): Promise<void> {
  const ends = performance.now() + lastsMs;
  while (performance.now() < ends) {
    setLinks('reset');
    await Bun.sleep(FLAP_DOWN_MS);
    setLinks(null);
    await Bun.sleep(FLAP_UP_MS);
  }
}

/** What nobody calls comes and goes as a process. */
async function killAgain(stack: FaultsStack, processes: readonly string[], lastsMs: number): Promise<void> {
  const ends = performance.now() + lastsMs;
  while (performance.now() < ends) {
    await Promise.all(processes.map((process) => kill(stack, process, 0)));
    await Bun.sleep(FLAP_UP_MS);
  }
}
