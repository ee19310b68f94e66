/**
 * Who may read how the shop does on the inside: whoever brings the operators' token. Where there is none, whoever
 * reaches the process on its own machine; what comes through the edge is a stranger's then.
 */

import { createHash, timingSafeEqual } from 'node:crypto';
import { EDGE_PROOF_HEADER } from '#lib/edge-contract.ts';

export type IsOperator = (request: Request) => boolean;

export function createOperators(token: string | undefined): IsOperator {
  if (token === undefined) return ({ headers }) => !headers.has(EDGE_PROOF_HEADER);
  const expected = digest(token);
  return ({ headers }) => {
    const bearer = /^bearer (.+)$/i.exec(headers.get('authorization') ?? '')?.[1];
    return bearer !== undefined && timingSafeEqual(digest(bearer), expected);
  };
}

/** Of one length, whatever was sent. */
function digest(text: string): Uint8Array {
  return createHash('sha256').update(text).digest();
}
