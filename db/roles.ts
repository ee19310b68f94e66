/** Makes the roles that the shop's processes connect as, and gives each what it needs: `npm run db:roles`. */

import postgres from 'postgres';
import { openSql } from './client.ts';
import { DATABASE_ROLES, type DatabaseRole, FUNCTION_GRANTS, READS_ALL, ROLE_GRANTS } from './role-grants.ts';

export type RolePasswords = Partial<Record<DatabaseRole, string>>;

/** Any number that all who grant in one database agree on. */
const ROLES_LOCK = 727_004;
const CLOSE_TIMEOUT_SECONDS = 5;
/** Roles belong to the whole server: a database elsewhere on it may make them at the same moment. */
const MADE_BY_ANOTHER: ReadonlySet<string> = new Set(['42710', '23505']);

export const roleNameOf = (role: DatabaseRole) => `hotshelf_${role}`;

/** The same database as another role. */
export function roleUrlOf(ownerUrl: string, role: DatabaseRole, password: string): string {
  const url = new URL(ownerUrl);
  url.username = roleNameOf(role);
  url.password = password;
  return url.href;
}

/**
 * Takes from every role what it has in this database and gives it what it shall have, in one step; safe to repeat.
 * A role whose password is not given keeps the one that it has; a new one without cannot log in.
 * @param ownerUrl of the schema's owner, who may make roles
 */
export async function grantRoles(ownerUrl: string, passwords: RolePasswords = {}): Promise<void> {
  const sql = openSql(ownerUrl, { max: 1, onnotice: () => {} });
  try {
    for (const role of DATABASE_ROLES) await ensureRole(sql, role, passwords[role]);
    await sql.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(${ROLES_LOCK})`;
      for (const statement of statements()) await tx.unsafe(statement);
    });
    await sql`revoke temporary on database ${sql(await databaseName(sql))} from public`;
  } finally {
    await sql.end({ timeout: CLOSE_TIMEOUT_SECONDS });
  }
}

async function ensureRole(
  sql: postgres.Sql,
  role: DatabaseRole,
  password: string | undefined,
): Promise<void> {
  const name = roleNameOf(role);
  const [found] = await sql`select from pg_roles where rolname = ${name}`;
  if (found === undefined) {
    await sql`create role ${sql(name)} login noinherit`.catch((error: unknown) => {
      if (!(error instanceof postgres.PostgresError) || !MADE_BY_ANOTHER.has(error.code)) throw error;
    });
  }
  if (password === undefined) return;
  const [quoted] = await sql<{ text: string }[]>`select quote_literal(${password}) as text`;
  await sql.unsafe(`alter role ${name} password ${quoted?.text}`);
}

async function databaseName(sql: postgres.Sql): Promise<string> {
  const [row] = await sql<{ name: string }[]>`select current_database() as name`;
  return row?.name ?? '';
}

/** Of our own constants alone: names of tables and columns cannot be parameters. */
function statements(): readonly string[] {
  const everyone = DATABASE_ROLES.map(roleNameOf).join(', ');
  return [
    'revoke create on schema public from public',
    `grant usage on schema public to ${everyone}`,
    `revoke all on all tables in schema public from ${everyone}`,
    `revoke all on all sequences in schema public from ${everyone}`,
    ...Object.entries(ROLE_GRANTS).flatMap(([table, grants]) =>
      Object.entries(grants).map(
        ([role, what]) => `grant ${what} on ${table} to ${roleNameOf(role as DatabaseRole)}`,
      ),
    ),
    ...readAll(roleNameOf(READS_ALL)),
    ...FUNCTION_GRANTS.map(({ name, role }) => `grant execute on function ${name} to ${roleNameOf(role)}`),
  ];
}

/** With the values of sequences, and which migrations there were. */
function readAll(role: string): readonly string[] {
  return [
    `grant select on all tables in schema public to ${role}`,
    `grant select on all sequences in schema public to ${role}`,
    `grant usage on schema drizzle to ${role}`,
    `grant select on all tables in schema drizzle to ${role}`,
    `alter role ${role} set default_transaction_read_only = on`,
  ];
}

const HELP = `npm run db:roles

Makes the roles ${DATABASE_ROLES.map(roleNameOf).join(', ')} and gives each what it
needs in the database of DATABASE_URL, whose owner must be allowed to make roles. Run it after each db:migrate; it is
safe to repeat. Passwords come from ${DATABASE_ROLES.map(passwordVariable).join(', ')};
a role without one keeps what it has.

Then the origin's and the workers' DATABASE_URL name their own role, and DATABASE_URL_SEARCH, DATABASE_URL_ANALYTICS
and DATABASE_URL_REPORTING those that read; DATABASE_URL_BACKUP is what backups are taken by. Where only DATABASE_URL is
given, everything runs as its role.
`;

function passwordVariable(role: DatabaseRole): string {
  return `DATABASE_PASSWORD_${role.toUpperCase()}`;
}

async function main(): Promise<void> {
  const databaseUrl = process.env['DATABASE_URL'];
  if (!databaseUrl) throw new Error('The environment variable DATABASE_URL is missing.');
  const given = DATABASE_ROLES.map((role) => [role, process.env[passwordVariable(role)]] as const);
  await grantRoles(databaseUrl, Object.fromEntries(given.filter(([, password]) => password)));
  for (const [role, password] of given) {
    console.log(
      `${roleNameOf(role)}  ${password ? 'password set' : `as it was: no ${passwordVariable(role)}`}`,
    );
  }
}

if (import.meta.main && process.argv.includes('--help')) console.log(HELP);
else if (import.meta.main) {
  await main().catch((error: unknown) => {
    console.error(`db:roles: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  });
}
