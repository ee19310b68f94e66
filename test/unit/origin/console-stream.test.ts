/** The console's stream and a reader who does not keep up. */

import { expect, test } from 'bun:test';
import type { Snapshot } from '#origin/console/model.ts';
import { followWatch } from '#origin/console/stream.ts';
import type { Watch } from '#origin/console/watch.ts';

function openStream() {
  const tellers = new Set<(snapshot: Snapshot) => void>();
  const watch: Watch = {
    follow: (tell) => {
      tellers.add(tell);
      return () => tellers.delete(tell);
    },
    beginning: () => ({ points: [], beganAtMs: 0, keepsMs: 1 }),
    stop: () => {},
  };
  const state = { closings: 0 };
  const follower = followWatch(watch, () => {
    state.closings += 1;
  });
  const tell = (atMs: number) => {
    for (const each of tellers) each({ atMs } as Snapshot);
  };
  return { follower, tell, state, isFollowing: () => tellers.size > 0 };
}

test('a reader who does not read is spared snapshots, which pile up nowhere', async () => {
  const { follower, tell, isFollowing } = openStream();
  for (let moment = 1; moment <= 1_000; moment += 1) tell(moment);
  follower.end('stopping');
  const text = await follower.response.text();
  expect(text.match(/^event: /gm)?.length).toBeLessThanOrEqual(3);
  expect(isFollowing()).toBeFalse();
});

test('a reader who goes is forgotten, once', async () => {
  const { follower, tell, state, isFollowing } = openStream();
  tell(1);
  await follower.response.body?.cancel();
  expect(isFollowing()).toBeFalse();
  tell(2);
  follower.end('stopping');
  expect(state.closings).toBe(1);
});

test('the stream is no answer that anybody in between keeps or collects', () => {
  const { follower } = openStream();
  const { headers } = follower.response;
  expect(headers.get('content-type')).toBe('text/event-stream');
  expect(headers.get('cache-control')).toBe('no-store');
  follower.end('stopping');
});
