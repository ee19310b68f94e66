/** The three servers: those named by the environment as they are, the others started here, side by side. */

import { natsAnswers, prepareNats } from './nats.ts';
import { type Program, providePrograms } from './packages.ts';
import { choosePorts } from './ports.ts';
import { createDatabase, postgresAnswers, preparePostgres } from './postgres.ts';
import { step } from './progress.ts';
import { prepareRedis, redisAnswers } from './redis.ts';
import type { Secrets } from './secrets.ts';
import type { PreparedServer } from './server.ts';
import type { Supervisor } from './supervisor.ts';

export interface ServerUrls {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly natsUrl: string;
}

export interface ServersOptions {
  readonly folder: string;
  readonly secrets: Secrets;
  readonly isDurable: boolean;
  readonly supervisor: Supervisor;
}

type Environment = Readonly<Record<string, string | undefined>>;

export const SERVER_VARIABLES = ['DATABASE_URL', 'REDIS_URL', 'NATS_URL'] as const;

/** The address in the environment, or undefined where the stack starts a server of its own. */
export function givenUrl(name: string, environment: Environment = process.env): string | undefined {
  const url = environment[name]?.trim();
  return url === '' ? undefined : url;
}

async function requireAnswer(name: string, url: string, answers: (url: string) => Promise<boolean>) {
  try {
    await answers(url);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${name} is set, but the server that it names does not answer: ${reason}`, { cause });
  }
}

interface Choice {
  readonly variable: (typeof SERVER_VARIABLES)[number];
  readonly title: string;
  readonly answers: (url: string) => Promise<boolean>;
  readonly prepare: () => Promise<PreparedServer>;
}

async function useOrStart(choice: Choice, supervisor: Supervisor): Promise<string> {
  const given = givenUrl(choice.variable);
  if (given !== undefined) {
    await step(`${choice.title}, from ${choice.variable}`, () =>
      requireAnswer(choice.variable, given, choice.answers),
    );
    return given;
  }
  return step(choice.title, async () => {
    const { part, url } = await choice.prepare();
    await supervisor.start(part);
    return url;
  });
}

/** Redis and NATS in one go, so that apt is asked once. */
async function provideMissing(): Promise<Readonly<Record<string, Program>>> {
  const wanted = [
    ...(givenUrl('REDIS_URL') === undefined ? ['redis-server'] : []),
    ...(givenUrl('NATS_URL') === undefined ? ['nats-server'] : []),
  ];
  const programs = await providePrograms(wanted);
  return Object.fromEntries(wanted.map((name, index) => [name, programs[index]] as [string, Program]));
}

function programOf(programs: Readonly<Record<string, Program>>, name: string): Program {
  const program = programs[name];
  if (program === undefined) throw new Error(`The program ${name} was not provided.`);
  return program;
}

export async function startServers({ supervisor, ...options }: ServersOptions): Promise<ServerUrls> {
  const ports = await choosePorts({ postgres: 0, redis: 0, nats: 0 });
  const programs = step('Redis and NATS programs', provideMissing);
  programs.catch(() => undefined);
  const [databaseUrl, redisUrl, natsUrl] = await Promise.all([
    useOrStart(
      {
        variable: 'DATABASE_URL',
        title: 'PostgreSQL',
        answers: postgresAnswers,
        prepare: () => preparePostgres({ ...options, port: ports.postgres }),
      },
      supervisor,
    ),
    useOrStart(
      {
        variable: 'REDIS_URL',
        title: 'Redis',
        answers: redisAnswers,
        prepare: async () =>
          prepareRedis({ ...options, port: ports.redis }, programOf(await programs, 'redis-server')),
      },
      supervisor,
    ),
    useOrStart(
      {
        variable: 'NATS_URL',
        title: 'NATS with JetStream',
        answers: natsAnswers,
        prepare: async () =>
          prepareNats({ ...options, port: ports.nats }, programOf(await programs, 'nats-server')),
      },
      supervisor,
    ),
  ]);
  if (givenUrl('DATABASE_URL') === undefined) await createDatabase(databaseUrl);
  return { databaseUrl, redisUrl, natsUrl };
}
