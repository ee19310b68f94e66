/** The edge's limit: a Worker that answers with the same bytes and headers, on workerd as `ops/edge/run.ts` runs it. */

import { parseArgs } from 'node:util';
import { startWorkerd } from '#ops/edge/workerd.ts';
import { readAnswer } from './answer.ts';

const { values } = parseArgs({ options: { port: { type: 'string' }, answer: { type: 'string' } } });
const answer = await readAnswer(values.answer ?? '');
const script = `
  const body = new TextEncoder().encode(${JSON.stringify(answer.body)});
  const headers = ${JSON.stringify(answer.headers)};
  export default { fetch: () => new Response(body, { headers }) };`;
const config = Bun.JSONC.parse(
  await Bun.file(Bun.fileURLToPath(import.meta.resolve('#edge/wrangler.jsonc'))).text(),
) as { compatibility_date: string };

const constant = {
  compatibilityDate: config.compatibility_date,
  modules: [{ name: 'worker.js', esModule: script }],
};
const workerd = await startWorkerd({
  host: '127.0.0.1',
  port: Number(values.port),
  configure: async () => ({ services: [{ name: 'constant', worker: constant }], entry: 'constant' }),
});
process.on('SIGTERM', () => void workerd.stop().finally(() => process.exit(0)));
