/** The configuration that `wrangler deploy` ships. */

import { expect, test } from 'bun:test';

const CONFIG = Bun.fileURLToPath(import.meta.resolve('#edge/wrangler.jsonc'));
const DEADLINE_MS = 60_000;

interface Environment {
  readonly vars: Readonly<Record<string, string>>;
  readonly ratelimits: readonly { readonly name: string; readonly simple: object }[];
}

for (const environment of ['', 'production']) {
  test(
    `wrangler deploy --dry-run accepts the ${environment === '' ? 'development' : environment} environment`,
    async () => {
      const wrangler = Bun.spawn(
        ['node_modules/.bin/wrangler', 'deploy', '--dry-run', '--config', CONFIG, '--env', environment],
        {
          env: { ...process.env, CLOUDFLARE_CF_FETCH_ENABLED: 'false', WRANGLER_SEND_METRICS: 'false' },
          stdout: 'pipe',
          stderr: 'pipe',
        },
      );
      const [output, errors] = await Promise.all([
        new Response(wrangler.stdout).text(),
        new Response(wrangler.stderr).text(),
      ]);
      expect({ exitCode: await wrangler.exited, errors }).toEqual({ exitCode: 0, errors: '' });
      expect(output).toContain('env.ANONYMOUS_LIMITER (20 requests/60s)');
    },
    DEADLINE_MS,
  );
}

test('production has every variable and limit of development, since environments inherit none', async () => {
  const config = Bun.JSONC.parse(await Bun.file(CONFIG).text()) as Environment & {
    readonly env: { readonly production: Environment };
  };
  const { production } = config.env;
  const limits = ({ ratelimits }: Environment) => ratelimits.map(({ name, simple }) => ({ name, simple }));
  expect(Object.keys(production.vars)).toEqual(Object.keys(config.vars));
  expect(limits(production)).toEqual(limits(config));
  expect(production.vars['TRUST_CF_CONNECTING_IP']).toBe('true');
});
