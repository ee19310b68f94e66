/** What the three servers of the stack have in common. */

import type { Part } from './part.ts';
import type { Secrets } from './secrets.ts';

export interface ServerOptions {
  /** Where the server's folder goes. */
  readonly folder: string;
  readonly port: number;
  readonly secrets: Secrets;
  /** False for tests: an acknowledged write need not survive a power cut. */
  readonly isDurable: boolean;
}

export interface PreparedServer {
  readonly part: Part;
  readonly url: string;
}
