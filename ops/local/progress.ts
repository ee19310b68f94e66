/** What the terminal shows while the stack comes up: a line for each step, with how long it took. */

const MILLISECONDS = 1_000;

export function seconds(durationMs: number): string {
  return `${(durationMs / MILLISECONDS).toFixed(1)} s`;
}

export function say(text: string): void {
  console.log(`  ${text}`);
}

/** Runs one step; its line appears when it has ended, so that steps may run side by side. */
export async function step<T>(title: string, work: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  try {
    const value = await work();
    say(`✓ ${title.padEnd(34)} ${seconds(performance.now() - begun).padStart(7)}`);
    return value;
  } catch (error) {
    say(`✗ ${title.padEnd(34)} ${seconds(performance.now() - begun).padStart(7)}`);
    throw error;
  }
}
