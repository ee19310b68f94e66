/** A ready answer in a file: what the limits serve is byte for byte what the shop's own parts answered. */

export interface ReadyAnswer {
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** Set by each server for itself. */
const OF_THE_CONNECTION = ['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding'];
const TIMEOUT_MS = 10_000;

export async function captureAnswer(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<ReadyAnswer> {
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
  const body = await answer.text();
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${body.slice(0, 200)}`);
  return { headers: [...answer.headers].filter(([name]) => !OF_THE_CONNECTION.includes(name)), body };
}

export async function readAnswer(file: string): Promise<ReadyAnswer> {
  return (await Bun.file(file).json()) as ReadyAnswer;
}
