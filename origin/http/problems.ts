/**
 * Every failure leaves as an RFC 9457 document. This plugin must be the first that an app uses: Elysia asks
 * error handlers in the order of their registration, and its own answer would show an error's text.
 */

import { Elysia, ValidationError } from 'elysia';
import { isConnectionFailure, isNotServed, sqlState } from '#db/failures.ts';
import { AppError, type InputError, problemResponse } from '#lib/problems.ts';
import { noteRefusal, type SecurityPlace } from './security-log.ts';

const MAX_INPUT_ERRORS = 20;
/** `query_canceled` by a statement's time limit, and `too_many_connections`. */
const OVERLOADED: ReadonlySet<string> = new Set(['57014', '53300']);

export function problems(place: SecurityPlace) {
  const { log } = place;
  return new Elysia({ name: 'problems' }).onError(
    { as: 'global' },
    ({ code, error, path, request, route, set }) => {
      const failure = expected(code, error) ?? lostDatabase(error);
      if (failure?.code === 'unavailable') log.warn('a request could not be served', { path, error });
      // The path only: the query may hold what a shopper searched for.
      if (failure === null)
        log.error('a request failed unexpectedly', { method: request.method, path, error });
      if (failure !== null) noteRefusal(place, request, failure, route);
      const answer = problemResponse(failure?.code ?? 'internal', failure?.extras);
      // For the metrics: Elysia has set what it would have answered.
      set.status = answer.status;
      return answer;
    },
  );
}

function expected(code: string | number, error: unknown): AppError | null {
  if (error instanceof AppError) return error;
  if (code === 'NOT_FOUND') return new AppError('not_found');
  if (code === 'PARSE') {
    if (error instanceof Error && error.cause instanceof AppError) return error.cause;
    const message = 'the body is not valid JSON';
    return new AppError('invalid_input', { errors: [{ path: '', message }] });
  }
  if (error instanceof ValidationError && error.type !== 'response') {
    return new AppError('invalid_input', { errors: inputErrors(error) });
  }
  return null;
}

/** The database is away or overloaded, or time was up: the request may be sent again in a moment. */
function lostDatabase(error: unknown): AppError | null {
  const isOverloaded = OVERLOADED.has(sqlState(error) ?? '') || isNotServed(error);
  return isOverloaded || isConnectionFailure(error) ? new AppError('unavailable') : null;
}

/** The body's paths stand alone; other places are named: `query/limit`, `headers/idempotency-key`. */
function inputErrors(error: ValidationError): InputError[] {
  const place = error.type === 'body' ? '' : error.type;
  const messages = new Map<string, string>();
  for (const item of error.all) {
    const path = `${place}${'path' in item && typeof item.path === 'string' ? item.path : ''}`;
    if (!messages.has(path)) messages.set(path, messageOf(item));
  }
  return [...messages].slice(0, MAX_INPUT_ERRORS).map(([path, message]) => ({ path, message }));
}

/** A schema's own `error` text is kinder than what TypeBox says of a union. */
function messageOf(item: ValidationError['all'][number]): string {
  if ('schema' in item && typeof item.schema['error'] === 'string') return item.schema['error'];
  const message = 'message' in item && typeof item.message === 'string' ? item.message : 'is not valid';
  return message.toLowerCase();
}
