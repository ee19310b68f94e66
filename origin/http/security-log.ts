/** Brings what was refused into the security log (`lib/security-events.ts`), with who asked and from where. */

import { REQUEST_ID_HEADER } from '#lib/edge-contract.ts';
import { limitKey } from '#lib/limit-key.ts';
import type { Logger } from '#lib/log.ts';
import type { AppError } from '#lib/problems.ts';
import { type SecurityLog, securityEventOf } from '#lib/security-events.ts';
import { parseTraceparent, traceId } from '#lib/trace.ts';
import { callerOf } from './auth.ts';
import { cameAround } from './edge-only.ts';
import { addressOf } from './limits.ts';

/** Whose connection a request came over. */
export type PeerOf = (request: Request) => string | null;

export interface SecurityPlace {
  readonly log: Logger;
  readonly security: SecurityLog;
  readonly peerOf: PeerOf;
}

/** @param route its pattern, as far as it is known */
export function noteRefusal(
  { log, security, peerOf }: SecurityPlace,
  request: Request,
  failure: AppError,
  route = '',
): void {
  const event = securityEventOf(failure);
  if (event === null) return;
  const { code, inside } = failure;
  const what = { code, method: request.method, ...(route === '' ? {} : { route }) };
  if (cameAround(request)) {
    const peer = peerOf(request);
    const clientAddress = peer === null ? null : limitKey(peer);
    security.record(event, { log, clientAddress }, { ...what, ...inside });
    return;
  }
  const caller = callerOf(request);
  const traceparent = parseTraceparent(request.headers.get('traceparent'));
  const fields = {
    requestId: request.headers.get(REQUEST_ID_HEADER),
    traceId: traceparent === null ? null : traceId(traceparent),
  };
  const whence = { log: log.with(fields), clientAddress: addressOf(request) };
  const who = caller?.kind === 'user' ? { userId: caller.userId } : {};
  security.record(event, whence, { ...what, ...who, ...inside });
}
