/** The lines of the security log, as an operator's tools read them. */

export interface Line {
  readonly event: string;
  readonly level: string;
  readonly clientAddress: string | null;
  readonly [name: string]: unknown;
}

export function linesOf(logs: readonly string[]): readonly Line[] {
  return logs.map((line) => JSON.parse(line)).filter(({ message }) => message === 'security event');
}

export function linesFrom(ip: string, logs: readonly string[]): readonly Line[] {
  return linesOf(logs).filter(({ clientAddress }) => clientAddress === ip);
}
