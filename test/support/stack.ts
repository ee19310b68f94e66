/**
 * The servers of a test run, as `npm test` starts them. Each test file gets a database of its own, cloned from
 * one that was migrated once, a Redis database and a NATS account.
 */

import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import postgres from 'postgres';
import { migrate } from '#db/migrate.ts';
import type { DatabaseRole } from '#db/role-grants.ts';
import { grantRoles, roleUrlOf } from '#db/roles.ts';
import { passwordOf, rolePasswords } from '#ops/local/database-roles.ts';

export interface TestDatabase {
  /** As the owner. */
  readonly url: string;
  /** Also ends connections that are still open. */
  drop(): Promise<void>;
}

/** Any number that all test processes agree on: one of them makes the template, the rest wait. */
const TEMPLATE_LOCK = 727_002;
const CLOSE_TIMEOUT_SECONDS = 2;
const CONNECT_TIMEOUT_SECONDS = 5;
const RANDOM_BYTES = 6;
const COMMAND_TIMEOUT_MS = 5_000;
const MIGRATIONS = join(import.meta.dir, '..', '..', 'db', 'migrations');

type Variable = 'DATABASE_URL' | 'REDIS_URL' | 'NATS_URL';

function urlOf(variable: Variable): string {
  const url = process.env[variable] ?? '';
  if (url === '') {
    const file = Bun.main.slice(process.cwd().length + 1);
    throw new Error(`${variable} is not set, for this test needs the servers: run 'npm test -- ${file}'.`);
  }
  return url;
}

/** Changes with the migrations, so that servers that outlive a run never hand out an old schema. */
async function templateName(): Promise<string> {
  const hash = createHash('sha256');
  const files = (await readdir(MIGRATIONS)).filter((name) => name.endsWith('.sql')).toSorted();
  for (const file of files) hash.update(await readFile(join(MIGRATIONS, file)));
  for (const file of ['role-grants.ts', 'roles.ts'])
    hash.update(await readFile(join(MIGRATIONS, '..', file)));
  return `hotshelf_template_${hash.digest('hex').slice(0, 16)}`;
}

function databaseUrl(name: string): string {
  const url = new URL(urlOf('DATABASE_URL'));
  url.pathname = `/${name}`;
  return url.href;
}

async function asAdministrator<T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(databaseUrl('postgres'), {
    max: 1,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    onnotice: () => undefined,
  });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: CLOSE_TIMEOUT_SECONDS });
  }
}

/** Migrates under another name first: a template that exists is complete. */
async function ensureTemplate(sql: postgres.Sql): Promise<string> {
  const template = await templateName();
  const unfinished = `${template}_unfinished`;
  await sql`select pg_advisory_lock(${TEMPLATE_LOCK})`;
  try {
    const [found] = await sql`select 1 from pg_database where datname = ${template}`;
    if (found !== undefined) return template;
    await sql`drop database if exists ${sql(unfinished)} with (force)`;
    await sql`create database ${sql(unfinished)}`;
    await migrate(databaseUrl(unfinished));
    const postgresPassword = decodeURIComponent(new URL(urlOf('DATABASE_URL')).password);
    await grantRoles(databaseUrl(unfinished), rolePasswords({ postgresPassword }));
    await sql`alter database ${sql(unfinished)} rename to ${sql(template)}`;
    return template;
  } finally {
    await sql`select pg_advisory_unlock(${TEMPLATE_LOCK})`;
  }
}

/** As files: the usual way goes through every page, and the log, for what nobody needs after a crash. */
async function copyDatabase(sql: postgres.Sql, from: string, to: string): Promise<void> {
  await sql`create database ${sql(to)} template ${sql(from)} strategy file_copy`;
}

/** A fresh database at the schema of this code, for one test file. Drop it in `afterAll`. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(RANDOM_BYTES).toString('hex')}`;
  await asAdministrator(async (sql) => {
    const template = await ensureTemplate(sql);
    await copyDatabase(sql, template, name);
  });
  return testDatabase(name);
}

/** The database of an owner's address as one of the shop's roles sees it. */
export function asRole(url: string, role: DatabaseRole): string {
  return roleUrlOf(url, role, passwordOf(decodeURIComponent(new URL(url).password), role));
}

/** An empty database: without the schema, or anything else. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(RANDOM_BYTES).toString('hex')}`;
  await asAdministrator((sql) => sql`create database ${sql(name)}`);
  return testDatabase(name);
}

/** A copy of a database as it is at this moment. Its open connections are ended, for a copy is made of a quiet one. */
export async function copyTestDatabase(url: string): Promise<TestDatabase> {
  const original = new URL(url).pathname.slice(1);
  const name = `test_${randomBytes(RANDOM_BYTES).toString('hex')}`;
  await asAdministrator(async (sql) => {
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${original}`;
    await copyDatabase(sql, original, name);
  });
  return testDatabase(name);
}

function testDatabase(name: string): TestDatabase {
  return {
    url: databaseUrl(name),
    drop: () =>
      asAdministrator(async (sql) => {
        await sql`drop database if exists ${sql(name)} with (force)`;
      }),
  };
}

/** Counts test files up in Redis' first database, so that each takes the next of what there is a number of. */
async function nextNumber(purpose: string): Promise<number> {
  const client = new Redis(urlOf('REDIS_URL'), {
    maxRetriesPerRequest: 1,
    commandTimeout: COMMAND_TIMEOUT_MS,
  });
  try {
    return await client.incr(`test-stack:${purpose}`);
  } finally {
    client.disconnect();
  }
}

/** A Redis database of its own (channels of publish and subscribe are still shared by all). */
export async function testRedisUrl(): Promise<string> {
  const url = new URL(urlOf('REDIS_URL'));
  const count = Number(process.env['TEST_REDIS_DATABASES'] ?? '0');
  if (count === 0) return url.href;
  url.pathname = `/${((await nextNumber('redis')) % (count - 1)) + 1}`;
  return url.href;
}

/** A NATS account of its own: streams, consumers and subjects that no other test file sees. */
export async function testNatsUrl(): Promise<string> {
  const url = new URL(urlOf('NATS_URL'));
  const count = Number(process.env['TEST_NATS_ACCOUNTS'] ?? '0');
  if (count === 0) return url.href;
  url.username = `test${(await nextNumber('nats')) % count}`;
  return url.href;
}
