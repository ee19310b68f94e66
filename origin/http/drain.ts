/** A process on its way out tells whoever asks that this was the last answer on this connection: the next goes elsewhere. */

import type { Vitals } from '#origin/adapters/vitals.ts';
import type { Handler } from './hot-path.ts';

export function closingWhileDraining(handle: Handler, vitals: Pick<Vitals, 'isDraining'>): Handler {
  const closing = (response: Response) => {
    if (vitals.isDraining()) response.headers.set('connection', 'close');
    return response;
  };
  return (request) => {
    const answer = handle(request);
    // What is ready in memory is no promise, and is not made to wait for one.
    return answer instanceof Response ? closing(answer) : answer.then(closing);
  };
}
