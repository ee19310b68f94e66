/** The bytes of an answer's body, as a handler returned it. Zero for a stream that does not say. */
export function bodySize(answer: unknown): number {
  if (answer === null || answer === undefined) return 0;
  if (answer instanceof Uint8Array) return answer.byteLength;
  if (typeof answer === 'string') return Buffer.byteLength(answer);
  if (answer instanceof Response) return Number(answer.headers.get('content-length') ?? 0);
  return Buffer.byteLength(JSON.stringify(answer));
}
