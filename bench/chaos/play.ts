/** Plays the schedule and notes what happened: when each fault was, and how long the shop took to be normal. */

import { type Diary, sinceBegin } from './diary.ts';
import { type Probing, timeToNormal } from './recovery.ts';
import { describeFault, type Episode, type Strike } from './schedule.ts';
import type { ChaosStack } from './stack.ts';
import { strike } from './strike.ts';

export interface Struck {
  readonly strike: Strike;
  readonly beganMs: number;
  /** When the process served again, or the network was well. */
  readonly endedMs: number;
}

export interface PlayedEpisode {
  readonly struck: readonly Struck[];
  /** When the last of its faults had ended. */
  readonly upMs: number;
  /** From then on; null when it was not normal before the next episode. */
  readonly normalAfterMs: number | null;
}

export interface Play {
  readonly stack: ChaosStack;
  readonly probing: Probing;
  readonly diary: Diary;
  readonly say: (text: string) => void;
}

export async function playSchedule(
  play: Play,
  episodes: readonly Episode[],
): Promise<readonly PlayedEpisode[]> {
  const played: PlayedEpisode[] = [];
  for (const [index, episode] of episodes.entries()) {
    const nextAtMs = episodes[index + 1]?.strikes[0]?.atMs;
    played.push(await playEpisode(play, episode, nextAtMs));
  }
  return played;
}

async function playEpisode(
  { stack, probing, diary, say }: Play,
  episode: Episode,
  nextAtMs: number | undefined,
): Promise<PlayedEpisode> {
  const struck = await Promise.all(
    episode.strikes.map(async (each): Promise<Struck> => {
      await Bun.sleep(Math.max(0, each.atMs - sinceBegin(diary)));
      stack.signal.throwIfAborted();
      const beganMs = sinceBegin(diary);
      say(`${inSeconds(beganMs)}  ${describeFault(each.fault)}, for ${inSeconds(each.lastsMs)}`);
      await strike(stack, each);
      return { strike: each, beganMs, endedMs: sinceBegin(diary) };
    }),
  );
  const upMs = sinceBegin(diary);
  const next = new AbortController();
  const timer = setTimeout(() => next.abort(), nextAtMs === undefined ? undefined : nextAtMs - upMs);
  if (nextAtMs === undefined) clearTimeout(timer);
  const normalAfterMs = await timeToNormal(probing, AbortSignal.any([next.signal, stack.signal]));
  clearTimeout(timer);
  const found = normalAfterMs === null ? 'not normal' : `normal ${inSeconds(normalAfterMs)} after it was up`;
  say(`${inSeconds(sinceBegin(diary))}  ${found}`);
  return { struck, upMs, normalAfterMs };
}

export function inSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
