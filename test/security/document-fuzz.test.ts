/**
 * Every operation of the API's document with input made from its schemas, from valid to nearly so: each answer is one
 * that the document names. `FUZZ_REQUESTS=20000` asks for more of them, `FUZZ_SEED` for those of another run.
 */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { SECOND_MS } from '#lib/clock.ts';
import { type FuzzedOperation, fuzzedOperations } from '#test/support/fuzz-document.ts';
import { type FuzzTally, fuzz } from '#test/support/fuzz-run.ts';
import { openScenes, QUICK_PASSWORDS } from '#test/support/fuzz-scenes.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';

/** Of one run in `npm test`; its seed is always the same, so that it fails for a change and not by chance. */
const USUAL = { requests: 5_000, seed: 20_260_101 };
const requests = Number(process.env['FUZZ_REQUESTS'] ?? USUAL.requests);
const seed = Number(process.env['FUZZ_SEED'] ?? USUAL.seed);
const TIMEOUT_MS = 60 * SECOND_MS + requests * 60;
const FIRST_REFUSAL = 400;

/** What a request cannot be made up for: it takes what was mailed, or a code, or a signature. */
const NOT_TO_BE_GUESSED: readonly string[] = [
  'POST /api/v1/auth/email-verification/confirmation',
  'POST /api/v1/auth/password-reset/confirmation',
  'POST /api/v1/carts/{id}/codes',
  'POST /api/v1/me/second-factor/confirmation',
  'POST /api/v1/me/second-factor/recovery-codes',
  'POST /api/v1/me/second-factor/removal',
  'POST /api/v1/stock-notices/confirmation',
  'POST /api/v1/webhooks/stripe',
];

let shop: OriginUnderTest;
let operations: readonly FuzzedOperation[];
beforeAll(async () => {
  shop = await openOrigin();
  operations = await fuzzedOperations(shop);
});
afterAll(async () => {
  await shop.close();
});

function table(tallies: readonly FuzzTally[]): string {
  const line = ({ name, statuses, faults }: FuzzTally) => {
    const all = [...statuses].toSorted(([one], [other]) => one - other);
    return `${name.padEnd(54)} ${String(faults).padStart(3)} faults  ${all.map(([status, times]) => `${status}×${times}`).join(' ')}`;
  };
  return `${tallies.map(line).join('\n')}\n`;
}

test(
  'whatever a request says, its answer is one that the document names, and none is a fault of ours',
  async () => {
    const quick = shop.beside({ passwords: QUICK_PASSWORDS });
    const scenes = await openScenes(shop, quick);
    const { tallies, faults } = await fuzz({ shop: quick, scenes, operations, requests, seed });
    if (process.env['FUZZ_REQUESTS'] !== undefined) process.stdout.write(table(tallies));
    expect(faults.join('\n\n')).toBe('');
    const isRefused = ([status]: [number, number]) => status >= FIRST_REFUSAL;
    const alwaysRefused = tallies.filter(({ statuses }) => [...statuses].every(isRefused));
    expect(alwaysRefused.map(({ name }) => name).toSorted()).toEqual(NOT_TO_BE_GUESSED.toSorted());
    expect(shop.logs.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  },
  TIMEOUT_MS,
);
