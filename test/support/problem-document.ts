/** What every failure over HTTP must look like, whoever answers it. */

import { expect } from 'bun:test';
import { PROBLEM_CONTENT_TYPE, PROBLEMS, type ProblemCode } from '#lib/problems.ts';
import type { Answer } from './origin.ts';

/** Words of a stack trace, of SQL or of a driver: none may ever leave the process. */
const INTERNALS =
  /\bat .+:\d+:\d+|node_modules|\bselect \b|insert into|Failed query|PostgresError|DrizzleQuery/i;

/** A well-formed problem document of a known code, with its own status and nothing internal in it. */
export function expectProblem({ status, headers, body }: Answer, code?: ProblemCode): void {
  const told = JSON.stringify(body);
  expect(headers.get('content-type'), told).toBe(PROBLEM_CONTENT_TYPE);
  const known = PROBLEMS[body.code as ProblemCode];
  expect(known, told).toBeDefined();
  expect(body).toMatchObject({ type: 'about:blank', title: known.title, status: known.status });
  expect(status).toBe(known.status);
  // That a product is not there is public, and short-lived; any other refusal is one caller's.
  const isPublic = body.code === 'product_not_found' && headers.get('cache-control')?.startsWith('public');
  if (!isPublic) expect(headers.get('cache-control')).toContain('no-store');
  expect(told).not.toMatch(INTERNALS);
  if (body.code === 'invalid_input') expectErrors(body.errors);
  if (code !== undefined) expect(body.code, told).toBe(code);
}

function expectErrors(errors: unknown): void {
  expect(errors).toBeArray();
  expect(errors).not.toBeEmpty();
  for (const error of errors as { path: unknown; message: unknown }[]) {
    expect(error.path).toBeString();
    expect(error.message).toBeString();
  }
}

/** The paths that a refusal of the input names. */
export function pathsOf({ body }: Answer): string[] {
  return body.errors.map(({ path }: { path: string }) => path);
}
