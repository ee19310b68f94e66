/** The origin's limit: `Bun.serve` that answers every request with the same bytes and headers, and does nothing else. */

import { parseArgs } from 'node:util';
import { readAnswer } from './answer.ts';

const { values } = parseArgs({ options: { port: { type: 'string' }, answer: { type: 'string' } } });
const answer = await readAnswer(values.answer ?? '');
const bytes = new TextEncoder().encode(answer.body);
const headers = Object.fromEntries(answer.headers);

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: Number(values.port),
  fetch: () => new Response(bytes, { headers }),
});
process.on('SIGTERM', () => void server.stop(true).then(() => process.exit(0)));
