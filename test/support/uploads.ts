/** Sending pictures to the shop as they are. */

import { UPLOAD_PATH } from '#lib/edge-contract.ts';
import { type Answer, asEdge, type Reachable } from './origin.ts';

export interface Sending {
  /** Empty for nobody's. */
  readonly token: string;
  readonly type?: string;
  readonly query?: string;
  readonly at?: Reachable;
}

export async function sendPicture(
  shop: Reachable,
  bytes: Uint8Array,
  { token, type = 'image/jpeg', query = '' }: Omit<Sending, 'at'>,
): Promise<Answer> {
  const url = `http://localhost${UPLOAD_PATH}${query}`;
  const body = new Uint8Array(bytes);
  const own = {
    ...{ 'content-type': type, 'content-length': String(body.byteLength) },
    ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
  };
  const headers = asEdge({ method: 'POST', url, headers: own, body });
  const response = await shop.fetch(new Request(url, { method: 'POST', headers, body }));
  return { status: response.status, headers: response.headers, body: await response.json() };
}
