/** The policy around calls: retries, circuit and timeout. */

import { describe, expect, test } from 'bun:test';
import { halfOpenAfterMs, POLICIES, type Policy } from '#lib/policies.ts';
import { AppError } from '#lib/problems.ts';
import { createGuard, type GuardOptions, isCircuitOpen, isTimeout } from '#lib/resilience.ts';

const HOUR_MS = 3_600_000;
const DEADLINE_MS = 5_000;

class Refused extends Error {}

interface Wanted {
  readonly timeoutMs?: number;
  readonly retries?: number;
  readonly breakAfter?: number;
  readonly halfOpenAfterMs?: number;
  readonly reserve?: number;
  readonly bulkhead?: Policy['bulkhead'];
}

function guardOf(wanted: Wanted = {}, options: GuardOptions = {}) {
  const { retries = 0, breakAfter = 100, halfOpenAfterMs: openMs = HOUR_MS, reserve = 100 } = wanted;
  const policy: Policy = {
    timeoutMs: wanted.timeoutMs ?? HOUR_MS,
    connectMs: null,
    retry: { most: retries, firstWaitMs: 1, longestWaitMs: 2, budget: { share: 0, reserve } },
    breaker: {
      ...{ failures: breakAfter, failureRate: 0.99 },
      ...{ halfOpenAfterMs: openMs, longestHalfOpenAfterMs: openMs },
    },
    bulkhead: wanted.bulkhead ?? null,
    why: 'a test',
  };
  return createGuard(policy, { isFailure: (error) => !(error instanceof Refused), ...options });
}

const outcome = (call: Promise<unknown>) =>
  call.then(
    () => null,
    (error: unknown) => error,
  );

/** A dependency that answers as the list says, and then goes on as the last entry. */
function dependency(...answers: readonly ('ok' | Error)[]) {
  const state = { calls: 0 };
  const call = async () => {
    const answer = answers[Math.min(state.calls, answers.length - 1)];
    state.calls += 1;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { state, call };
}

describe('retries', () => {
  test('a call that is not safe to repeat is made once', async () => {
    const { state, call } = dependency(new Error('down'));
    expect(await outcome(guardOf({ retries: 0 }).run(call))).toMatchObject({ message: 'down' });
    expect(state.calls).toBe(1);
  });

  test('a failure is repeated until it succeeds', async () => {
    const { state, call } = dependency(new Error('down'), 'ok');
    expect(await guardOf({ retries: 2 }).run(call)).toBe('ok');
    expect(state.calls).toBe(2);
  });

  test('the last failure is the outcome once the retries are used up', async () => {
    const { state, call } = dependency(new Error('one'), new Error('two'));
    expect(await outcome(guardOf({ retries: 1 }).run(call))).toMatchObject({ message: 'two' });
    expect(state.calls).toBe(2);
  });

  test('an answer that says no is not asked for again', async () => {
    const { state, call } = dependency(new Refused('no'));
    expect(await outcome(guardOf({ retries: 3 }).run(call))).toBeInstanceOf(Refused);
    expect(state.calls).toBe(1);
  });
});

describe('the retry budget', () => {
  test('once it is spent a failure is told at once, and that is counted', async () => {
    const { state, call } = dependency(new Error('down'));
    const told: string[] = [];
    const guard = guardOf({ retries: 2, reserve: 3 }, { observer: { retry: (what) => told.push(what) } });
    for (let n = 0; n < 4; n += 1) {
      expect(await outcome(guard.run(call))).toMatchObject({ message: 'down' });
    }
    expect(state.calls).toBe(4 + 3);
    expect(told).toEqual(['made', 'made', 'made', 'over_budget', 'over_budget', 'over_budget']);
  });
});

describe('the circuit', () => {
  const down = new Error('down');

  test('opens by the rate of failures, though successes come between', async () => {
    const { state, call } = dependency(...Array.from({ length: 30 }, (_, n) => (n % 3 === 0 ? 'ok' : down)));
    const guard = createGuard(POLICIES.stripe, {});
    const answers = [];
    for (let n = 0; n < 30 && !isCircuitOpen(answers.at(-1)); n += 1)
      answers.push(await outcome(guard.run(call)));
    expect(isCircuitOpen(answers.at(-1))).toBe(true);
    expect(state.calls).toBeGreaterThanOrEqual(20);
  });

  test('while one call probes everybody else is refused at once', async () => {
    const guard = guardOf({ breakAfter: 1, halfOpenAfterMs: 1 });
    await outcome(guard.run(dependency(down).call));
    const probe = Promise.withResolvers<string>();
    let probing: Promise<unknown> = Promise.resolve();
    await until(async () => {
      let isCalled = false;
      probing = outcome(
        guard.run(() => {
          isCalled = true;
          return probe.promise;
        }),
      );
      await Promise.resolve();
      return isCalled;
    });
    expect(isCircuitOpen(await outcome(guard.run(dependency('ok').call)))).toBe(true);
    probe.resolve('ok');
    expect(await probing).toBeNull();
    expect(await outcome(guard.run(dependency('ok').call))).toBeNull();
  });

  test('is probed more and more seldom, down to its slowest', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 8, 20].map((opened) =>
      halfOpenAfterMs(POLICIES.stripe.breaker, opened),
    );
    expect(waits).toEqual([2, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1_000));
  });

  test('opens after so many consecutive failures, and then calls nothing', async () => {
    const { state, call } = dependency(down);
    const guard = guardOf({ breakAfter: 3 });
    for (let n = 0; n < 3; n += 1) expect(await outcome(guard.run(call))).toBe(down);
    const refused = await outcome(guard.run(call));
    expect(isCircuitOpen(refused)).toBe(true);
    expect(isTimeout(refused)).toBe(false);
    expect(state.calls).toBe(3);
  });

  test('stays closed while successes come between, and for answers that say no', async () => {
    const guard = guardOf({ breakAfter: 2 });
    const flapping = dependency(down, 'ok', down, 'ok', down, 'ok');
    for (let n = 0; n < 6; n += 1) await outcome(guard.run(flapping.call));
    const refusing = dependency(new Refused('no'));
    for (let n = 0; n < 6; n += 1) await outcome(guard.run(refusing.call));
    expect(refusing.state.calls).toBe(6);
  });

  test('stays closed for answers that say not now, which are repeated all the same', async () => {
    const { state, call } = dependency(new Refused('not now'));
    const guard = guardOf({ breakAfter: 2, retries: 2 }, { isBusy: () => true });
    for (let n = 0; n < 3; n += 1) expect(await outcome(guard.run(call))).toBeInstanceOf(Refused);
    expect(state.calls).toBe(9);
  });

  test('is not retried while it is open', async () => {
    const { state, call } = dependency(down);
    const guard = guardOf({ breakAfter: 1, retries: 5 });
    expect(isCircuitOpen(await outcome(guard.run(call)))).toBe(true);
    expect(state.calls).toBe(1);
    expect(isCircuitOpen(await outcome(guard.run(call)))).toBe(true);
    expect(state.calls).toBe(1);
  });

  test('lets one probe through later, and closes when the probe succeeds', async () => {
    const { call } = dependency(down, 'ok');
    const states: string[] = [];
    const observer = { circuit: (state: string) => states.push(state) };
    const guard = guardOf({ breakAfter: 1, halfOpenAfterMs: 1 }, { observer });
    await outcome(guard.run(call));
    await until(async () => (await outcome(guard.run(call))) === null);
    expect(states).toEqual(['open', 'half_open', 'closed']);
    expect(await outcome(guard.run(call))).toBeNull();
  });

  test('opens again when the probe fails', async () => {
    const { state, call } = dependency(down);
    const states: string[] = [];
    const observer = { circuit: (now: string) => states.push(now) };
    const guard = guardOf({ breakAfter: 1, halfOpenAfterMs: 1 }, { observer });
    await outcome(guard.run(call));
    await until(async () => {
      await outcome(guard.run(call));
      return state.calls === 2;
    });
    expect(states).toEqual(['open', 'half_open', 'open']);
  });
});

describe('the timeout', () => {
  test('ends an attempt that goes on too long and aborts its signal', async () => {
    let signalOfCall: AbortSignal | undefined;
    const ended = await outcome(
      guardOf({ timeoutMs: 5 }).run((signal) => {
        signalOfCall = signal;
        return new Promise(() => {});
      }),
    );
    expect(isTimeout(ended)).toBe(true);
    expect(isCircuitOpen(ended)).toBe(false);
    expect(signalOfCall?.aborted).toBe(true);
  });

  test('counts for the circuit', async () => {
    const guard = guardOf({ timeoutMs: 5, breakAfter: 2 });
    const hang = () => new Promise(() => {});
    await outcome(guard.run(hang));
    await outcome(guard.run(hang));
    expect(isCircuitOpen(await outcome(guard.run(hang)))).toBe(true);
  });

  test('gives each attempt a signal of its own', async () => {
    const signals: AbortSignal[] = [];
    const answer = await guardOf({ timeoutMs: 5, retries: 1 }).run((signal) => {
      signals.push(signal);
      return signals.length === 1 ? new Promise<string>(() => {}) : Promise.resolve('ok');
    });
    expect(answer).toBe('ok');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  });

  test('leaves the signal alone after an answer in time, so that a body can still be read', async () => {
    const server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: () =>
        new Response(
          (async function* body() {
            yield 'first,';
            await Promise.resolve();
            yield 'second';
          })(),
        ),
    });
    try {
      const response = await guardOf().run((signal) => fetch(server.url, { signal }));
      expect(await response.text()).toBe('first,second');
    } finally {
      await server.stop(true);
    }
  });
});

describe('the time of the request', () => {
  test('ends an attempt before its own time is up, which says nothing of the dependency', async () => {
    const ended: string[] = [];
    const guard = guardOf(
      { breakAfter: 1, retries: 3 },
      { timeLeftMs: () => 5, observer: { ended: (how) => ended.push(how) } },
    );
    const late = await outcome(guard.run(() => new Promise(() => {})));
    expect(late).toBeInstanceOf(AppError);
    expect(late).toMatchObject({ code: 'unavailable' });
    expect(await guard.run(dependency('ok').call)).toBe('ok');
    expect(ended).toEqual(['out_of_time', 'succeeded']);
  });

  test('nothing is called when there is none left', async () => {
    const { state, call } = dependency('ok');
    const guard = guardOf({}, { timeLeftMs: () => 0 });
    expect(await outcome(guard.run(call))).toMatchObject({ code: 'unavailable' });
    expect(state.calls).toBe(0);
  });

  test('a probe that ran out of it leaves the circuit open', async () => {
    const guard = guardOf({ breakAfter: 1, halfOpenAfterMs: 100 }, { timeLeftMs: () => 5 });
    await outcome(guard.run(dependency(new Error('down')).call));
    const hang = () => new Promise(() => {});
    await until(async () => !isCircuitOpen(await outcome(guard.run(hang))));
    expect(isCircuitOpen(await outcome(guard.run(hang)))).toBe(true);
  });
});

describe('the bulkhead', () => {
  test('what is over it is refused at once, and its load is told', async () => {
    const guard = guardOf({ bulkhead: { maxRunning: 1, maxWaiting: 1 } });
    const { promise, resolve } = Promise.withResolvers<string>();
    const calls = [guard.run(() => promise), guard.run(() => promise)];
    expect(guard.load()).toEqual({ running: 1, waiting: 1 });
    expect(await outcome(guard.run(() => promise))).toMatchObject({ code: 'unavailable' });
    resolve('done');
    expect(await Promise.all(calls)).toEqual(['done', 'done']);
  });
});

async function until(isDone: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!(await isDone())) {
    if (Date.now() > deadline) throw new Error('the condition did not come true in time');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
