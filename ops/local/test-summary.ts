/** The counts in what `bun test` prints last. Its own line does not say them in the form that `npm test` promises. */

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
}

/** A file that cannot be loaded is counted by Bun as a failure, too. */
export function readSummary(output: string): TestCounts {
  const plain = Bun.stripANSI(output);
  const lastCount = (word: string) => {
    const counts = [...plain.matchAll(new RegExp(`^ *(\\d+) ${word}$`, 'gm'))];
    return Number(counts.at(-1)?.[1] ?? 0);
  };
  return { passed: lastCount('pass'), failed: Math.max(lastCount('fail'), lastCount('errors?')) };
}
