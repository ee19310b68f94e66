/** The shell of a command over the shop's database: what is asked for, which database, and how it ended. */

import { connect, type Database } from '#db/client.ts';
import { readRunningShop } from '#ops/local/running.ts';

/** What the verbs of a command work with. */
export interface Operator {
  readonly db: Database;
  say(text: string): void;
  complain(text: string): void;
}

export type Command<Action> =
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly reason: string }
  | { readonly kind: 'run'; readonly action: Action; readonly databaseUrl: string | undefined };

export interface OperatorCommand<Action> {
  /** As it is called by `npm run`. */
  readonly name: string;
  readonly help: string;
  /** May throw {@link WrongCall}. */
  readonly parse: (args: readonly string[]) => Command<Action>;
  /** Answers the exit code. */
  readonly operate: (operator: Operator, action: Action) => Promise<number>;
}

export class WrongCall extends Error {}

const WRONG = 2;

/** Answers the exit code: the verb's own, or 2 where it could not be begun. */
export async function runOperatorCommand<Action>(
  command: OperatorCommand<Action>,
  args: readonly string[],
): Promise<number> {
  const asked = parsed(command, args);
  switch (asked.kind) {
    case 'help':
      console.log(command.help);
      return 0;
    case 'wrong':
      console.error(`${command.name}: ${asked.reason} Try --help.`);
      return WRONG;
    case 'run':
      return run(command, asked);
  }
}

function parsed<Action>({ parse }: OperatorCommand<Action>, args: readonly string[]): Command<Action> {
  try {
    return parse(args);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // Node's own sentences go on with advice.
    return { kind: 'wrong', reason: message.split('\n', 1)[0] ?? message };
  }
}

async function run<Action>(
  { name, operate }: OperatorCommand<Action>,
  { action, databaseUrl }: Extract<Command<Action>, { kind: 'run' }>,
): Promise<number> {
  const complain = (text: string) => console.error(`${name}: ${text}`);
  const url = databaseUrl ?? process.env['DATABASE_URL'] ?? (await readRunningShop())?.databaseUrl;
  if (url === undefined || url === '') {
    complain("there is no DATABASE_URL and no running shop: 'npm start' first.");
    return WRONG;
  }
  if (!URL.canParse(url)) {
    complain('the database URL is not a URL.');
    return WRONG;
  }
  const database = connect(url, { applicationName: `hotshelf-${name}`, maxConnections: 1 });
  try {
    return await operate({ db: database.db, say: (text) => console.log(text), complain }, action);
  } catch (error) {
    complain(`the database cannot be used: ${innermost(error)}`);
    return WRONG;
  } finally {
    await database.close();
  }
}

/** The outer errors repeat the statement; the innermost one says what happened. */
export function innermost(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return innermost(error.cause);
  const code = 'code' in error ? String(error.code) : error.name;
  return error.message === '' ? code : error.message;
}
