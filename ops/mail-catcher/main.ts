/** The mail catcher as a process: flags and environment in, one line with its addresses out, SIGTERM ends it. */

import { parseArgs } from 'node:util';
import { startMailCatcher } from './catcher.ts';

const HELP = `Takes the mail that the shop sends from this machine, delivers nothing, and shows it.

  bun ops/mail-catcher/main.ts --smtp-port N --http-port M --store DIR

  --smtp-port N   where to take mail            (MAIL_CATCHER_SMTP_PORT; 0 takes a free port)
  --http-port M   where to show it              (MAIL_CATCHER_HTTP_PORT; 0 takes a free port)
  --store DIR     the folder to keep it in      (MAIL_CATCHER_STORE)
  --help          this text`;

const MAX_PORT = 65_535;

class UsageError extends Error {
  override readonly name = 'UsageError';
}

interface Settings {
  readonly smtpPort: number;
  readonly httpPort: number;
  readonly storeDir: string;
}

/** Null when help was asked for. */
function readSettings(args: readonly string[], environment: NodeJS.ProcessEnv): Settings | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'smtp-port': { type: 'string' },
      'http-port': { type: 'string' },
      store: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) return null;
  const storeDir = values.store ?? environment['MAIL_CATCHER_STORE'] ?? '';
  if (storeDir === '') throw new UsageError('Say where to keep the mail: --store DIR or MAIL_CATCHER_STORE.');
  return {
    smtpPort: readPort('--smtp-port', values['smtp-port'] ?? environment['MAIL_CATCHER_SMTP_PORT']),
    httpPort: readPort('--http-port', values['http-port'] ?? environment['MAIL_CATCHER_HTTP_PORT']),
    storeDir,
  };
}

function readPort(flag: string, text: string | undefined): number {
  const variable = `MAIL_CATCHER_${flag.slice(2).replace('-', '_').toUpperCase()}`;
  if (text === undefined || text === '') throw new UsageError(`Say a port: ${flag} N or ${variable}.`);
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= MAX_PORT) return port;
  throw new UsageError(`${flag} (${variable}) is no port: a whole number from 0 to ${MAX_PORT}.`);
}

async function main(): Promise<void> {
  const settings = readSettings(Bun.argv.slice(2), process.env);
  if (settings === null) {
    console.log(HELP);
    return;
  }
  const catcher = await startMailCatcher({
    ...settings,
    onError: (error) => console.error(`mail catcher: ${error.message}`),
  });
  console.log(`mail catcher ready: ${catcher.smtpUrl} ${catcher.httpUrl}`);
  const stop = async () => {
    await catcher.stop();
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

await main().catch((error: unknown) => {
  console.error(`mail catcher: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
});
