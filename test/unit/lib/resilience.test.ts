/** The policy around calls: retries, circuit and timeout. */

import { describe, expect, test } from 'bun:test';
import { type CallPolicy, createGuard, isCircuitOpen, isTimeout } from '#lib/resilience.ts';

const HOUR_MS = 3_600_000;
const DEADLINE_MS = 5_000;

class Refused extends Error {}

const POLICY: CallPolicy = {
  timeoutMs: HOUR_MS,
  retries: 0,
  breakAfter: 100,
  halfOpenAfterMs: HOUR_MS,
  isFailure: (error) => !(error instanceof Refused),
};

const guardOf = (policy: Partial<CallPolicy> = {}) => createGuard({ ...POLICY, ...policy });
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

describe('the circuit', () => {
  const down = new Error('down');

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
    const guard = guardOf({ breakAfter: 1, halfOpenAfterMs: 1 });
    const states: string[] = [];
    guard.onStateChange((state) => states.push(state));
    await outcome(guard.run(call));
    await until(async () => (await outcome(guard.run(call))) === null);
    expect(states).toEqual(['open', 'half_open', 'closed']);
    expect(await outcome(guard.run(call))).toBeNull();
  });

  test('opens again when the probe fails', async () => {
    const { state, call } = dependency(down);
    const guard = guardOf({ breakAfter: 1, halfOpenAfterMs: 1 });
    const states: string[] = [];
    guard.onStateChange((now) => states.push(now));
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

async function until(isDone: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!(await isDone())) {
    if (Date.now() > deadline) throw new Error('the condition did not come true in time');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
