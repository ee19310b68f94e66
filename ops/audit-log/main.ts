/** `npm run audit-log -- VERB`: reads the log of privileged acts, or proves that it is whole. See --help. */

import { connect } from '#db/client.ts';
import { readRunningShop } from '#ops/local/running.ts';
import { type Command, HELP, parseCommand } from './command-line.ts';
import { operate } from './operate.ts';

const WRONG = 2;

async function main(): Promise<number> {
  const command = parseCommand(process.argv.slice(2));
  switch (command.kind) {
    case 'help':
      console.log(HELP);
      return 0;
    case 'wrong':
      console.error(`audit-log: ${command.reason} Try --help.`);
      return WRONG;
    case 'run':
      return await run(command);
  }
}

async function run({ action, databaseUrl }: Extract<Command, { kind: 'run' }>): Promise<number> {
  const url = databaseUrl ?? process.env['DATABASE_URL'] ?? (await readRunningShop())?.databaseUrl;
  if (url === undefined || url === '') {
    console.error("audit-log: there is no DATABASE_URL and no running shop: 'npm start' first.");
    return WRONG;
  }
  if (!URL.canParse(url)) {
    console.error('audit-log: the database URL is not a URL.');
    return WRONG;
  }
  const database = connect(url, { applicationName: 'hotshelf-audit-log', maxConnections: 1 });
  const say = (text: string) => console.log(text);
  const complain = (text: string) => console.error(`audit-log: ${text}`);
  try {
    return await operate({ db: database.db, say, complain }, action);
  } catch (error) {
    complain(`the database cannot be used: ${innermost(error)}`);
    return WRONG;
  } finally {
    await database.close();
  }
}

/** The outer errors repeat the statement; the innermost one says what happened. */
function innermost(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause !== undefined) return innermost(error.cause);
  const code = 'code' in error ? String(error.code) : '';
  return error.message || code;
}

process.exit(await main());
