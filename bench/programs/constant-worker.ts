/** The edge's limit: a Worker that answers with the same bytes and headers, on workerd as `ops/edge/run.ts` runs it. */

import { parseArgs } from 'node:util';
import { Log, LogLevel, Miniflare } from 'miniflare';
import { readAnswer } from './answer.ts';

const { values } = parseArgs({ options: { port: { type: 'string' }, answer: { type: 'string' } } });
const answer = await readAnswer(values.answer ?? '');
const script = `
  const body = new TextEncoder().encode(${JSON.stringify(answer.body)});
  const headers = ${JSON.stringify(answer.headers)};
  export default { fetch: () => new Response(body, { headers }) };`;
const config = Bun.JSONC.parse(
  await Bun.file(Bun.fileURLToPath(import.meta.resolve('#edge/wrangler.jsonc'))).text(),
);

const miniflare = new Miniflare({
  name: 'constant',
  modules: true,
  script,
  compatibilityDate: (config as { compatibility_date: string }).compatibility_date,
  unsafeDirectSockets: [{ host: '127.0.0.1', port: Number(values.port) }],
  stripCfConnectingIp: false,
  cf: false,
  log: new Log(LogLevel.ERROR),
});
await miniflare.ready;
process.removeAllListeners('SIGTERM');
process.on('SIGTERM', () => void miniflare.dispose().finally(() => process.exit(0)));
