/** What can be wrong with the network between two processes. */

export type LinkFault =
  /** Everything arrives so much later. */
  | { readonly kind: 'latency'; readonly ms: number }
  /** Connections are torn down, and those that are tried meanwhile. */
  | { readonly kind: 'reset' }
  /** As with 'reset', but nobody takes a connection: it is refused before it is made. */
  | { readonly kind: 'refused' }
  /** Nothing arrives and nobody is told; what was sent arrives afterwards. */
  | { readonly kind: 'black hole' }
  /** Each connection is torn down after so many bytes of answers, in the middle of one. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  | { readonly kind: 'rate'; readonly bytesPerSecond: number };

export function describeLinkFault(fault: LinkFault): string {
  switch (fault.kind) {
    case 'latency':
      return `${fault.ms} ms later`;
    case 'reset':
      return 'reset';
    case 'refused':
      return 'refused';
    case 'black hole':
      return 'black hole';
    case 'cut':
      return `cut after ${fault.afterBytes} bytes`;
    case 'rate':
      return `${fault.bytesPerSecond} bytes/s`;
  }
}
