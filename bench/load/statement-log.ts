/** The statements that a server has been sent, read out of its own log, so that a limit runs what the shop runs. */

import { readFile } from 'node:fs/promises';
import { withConnection } from '#bench/data/catalogue.ts';
import { waitUntil } from '#ops/local/waiting.ts';

export interface LoggedStatement {
  readonly text: string;
  /** `$1` first; null for NULL. */
  readonly parameters: readonly (string | null)[];
}

const DEADLINE_MS = 5_000;
const QUERY = /^(select|with)\b/i;
const OWN = /^select '(begin|end)-/;

/** What the server is sent while the work runs; its administrator's connection asks nothing else meanwhile. */
export async function statementsDuring(
  options: { readonly serverUrl: string; readonly logFile: string },
  work: () => Promise<void>,
): Promise<readonly LoggedStatement[]> {
  const { serverUrl, logFile } = options;
  const before = (await readFile(logFile, 'utf8')).length;
  const begin = `begin-${crypto.randomUUID()}`;
  const end = `end-${crypto.randomUUID()}`;
  await withConnection(serverUrl, async (sql) => {
    await sql`alter system set log_statement = 'all'`;
    await sql`select pg_reload_conf()`;
    try {
      // The log begins where this statement is in it: from then on every session writes to it.
      await waitUntil(
        'The log of statements',
        async () => {
          await sql.unsafe(`select '${begin}'`);
          return (await readFile(logFile, 'utf8')).includes(begin);
        },
        { deadlineMs: DEADLINE_MS },
      );
      await work();
      await waitUntil(
        'The end of the log of statements',
        async () => {
          await sql.unsafe(`select '${end}'`);
          return (await readFile(logFile, 'utf8')).includes(end);
        },
        { deadlineMs: DEADLINE_MS },
      );
    } finally {
      await sql`alter system reset log_statement`;
      await sql`select pg_reload_conf()`;
    }
  });
  const log = (await readFile(logFile, 'utf8')).slice(before);
  const between = parseLog(log.slice(log.lastIndexOf(begin), log.indexOf(end)));
  return between.filter(({ text }) => QUERY.test(text) && !OWN.test(text));
}

const ENTRY = /^\d{4}-\d\d-\d\d [\d:.]+ \w+ \[\d+\] (LOG|DETAIL): {2}(.*)$/;
const STATEMENT = /^(?:execute [^:]+|statement): ([\s\S]*)$/;
const PARAMETERS = /^parameters: ([\s\S]*)$/i;

/** Entries of PostgreSQL's log with the line prefix `%m [%p] `; further lines of an entry begin with a tab. */
export function parseLog(log: string): readonly LoggedStatement[] {
  const statements: { text: string; parameters: (string | null)[] }[] = [];
  for (const { kind, text } of entriesOf(log)) {
    if (kind === 'LOG') {
      const statement = STATEMENT.exec(text)?.[1];
      if (statement !== undefined) statements.push({ text: statement.trim(), parameters: [] });
      continue;
    }
    const parameters = PARAMETERS.exec(text)?.[1];
    if (parameters !== undefined) statements.at(-1)?.parameters.push(...parseParameters(parameters));
  }
  return statements;
}

function entriesOf(log: string): readonly { kind: string; text: string }[] {
  const entries: { kind: string; text: string }[] = [];
  for (const line of log.split('\n')) {
    const [, kind, text] = ENTRY.exec(line) ?? [];
    if (kind !== undefined && text !== undefined) entries.push({ kind, text });
    else {
      const last = entries.at(-1);
      if (last !== undefined && line.startsWith('\t')) last.text += `\n${line.slice(1)}`;
    }
  }
  return entries;
}

function parseParameters(text: string): (string | null)[] {
  const found = text.matchAll(/\$\d+ = (?:NULL|'((?:[^']|'')*)')/g);
  return [...found].map(([, value]) => (value === undefined ? null : value.replaceAll("''", "'")));
}

export interface PgbenchScript {
  readonly text: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** One transaction of the script sends every statement, with its parameters as pgbench's variables. */
export function toPgbench(statements: readonly LoggedStatement[]): PgbenchScript {
  const variables: Record<string, string> = {};
  const lines = statements.map(({ text, parameters }, index) => {
    const body = text.replace(/;\s*$/, '').replace(/\$(\d+)/g, (_, place: string) => {
      const value = parameters[Number(place) - 1] ?? null;
      if (value === null) return 'null';
      const name = `s${index}_${place}`;
      variables[name] = value;
      return `:${name}`;
    });
    return `${body};`;
  });
  return { text: `${lines.join('\n')}\n`, variables };
}
