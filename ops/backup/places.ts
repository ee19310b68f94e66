/** Where backups go and under which key, by the call, the environment, or the checkout's own folder. */

import { join } from 'node:path';
import { LOCAL } from '#ops/local/paths.ts';
import { readRunningShop } from '#ops/local/running.ts';
import { loadSecrets, type Secrets } from '#ops/local/secrets.ts';
import { s3Store } from './s3-store.ts';
import { BACKUP_KEY_PATTERN } from './sealed-stream.ts';
import { type BackupStore, folderStore } from './store.ts';

export const PLACES_HELP = `The place is a folder or s3://BUCKET[/PREFIX] (BACKUP_PLACE; else .local/backups). S3 needs AWS_ACCESS_KEY_ID and
AWS_SECRET_ACCESS_KEY, and takes AWS_SESSION_TOKEN, AWS_REGION (us-east-1) and BACKUP_S3_ENDPOINT, for storage that is
not Amazon's. BACKUP_KEY seals backups before they leave the machine: 64 hexadecimal digits, 'openssl rand -hex 32';
only for the shop that runs from this checkout may it be missing, whose key is in .local/secrets.json. Keep it, and the
shop's FIELD_KEY, somewhere else than the backups: without either of them they are of no use, and neither is part of a
backup.`;

/** A call that cannot be carried out as it is; its message is for people. */
export class WrongCall extends Error {
  override readonly name = 'WrongCall';
}

type Environment = Readonly<Record<string, string | undefined>>;

const POSTGRES_PORT = '5432';
const DEFAULT_REGION = 'us-east-1';
const S3_PLACE = /^s3:\/\/(?<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(?<prefix>[\w./-]*))?$/;

/** @throws {WrongCall} */
export function storeOf(place: string | undefined, environment: Environment): BackupStore {
  const wanted = place ?? environment['BACKUP_PLACE'] ?? '';
  if (wanted === '') return folderStore(join(LOCAL, 'backups'));
  if (!wanted.startsWith('s3:')) return folderStore(wanted);
  const named = S3_PLACE.exec(wanted)?.groups;
  if (named === undefined) throw new WrongCall('A place in S3 is s3://BUCKET or s3://BUCKET/PREFIX.');
  const region = environment['AWS_REGION'] || DEFAULT_REGION;
  const sessionToken = environment['AWS_SESSION_TOKEN'];
  return s3Store({
    endpoint: environment['BACKUP_S3_ENDPOINT'] || `https://s3.${region}.amazonaws.com`,
    region,
    bucket: named['bucket'] ?? '',
    prefix: (named['prefix'] ?? '').replaceAll(/^\/+|\/+$/g, ''),
    accessKeyId: required('AWS_ACCESS_KEY_ID', environment),
    secretAccessKey: required('AWS_SECRET_ACCESS_KEY', environment),
    ...(sessionToken ? { sessionToken } : {}),
  });
}

/**
 * The secrets of this checkout, for the database of the shop that it runs and for no other: what they have sealed is
 * lost with `.local`.
 * @param named the database that the call or the environment names; undefined where it is the running shop's
 * @returns null for another shop's
 */
export async function ownSecrets(named: string | undefined): Promise<Secrets | null> {
  if (named !== undefined) {
    const running = await readRunningShop();
    if (running === null || databaseOf(named) !== databaseOf(running.databaseUrl)) return null;
  }
  return loadSecrets(LOCAL);
}

/** Whoever logs in to it. */
function databaseOf(url: string): string {
  if (!URL.canParse(url)) return url;
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}:${port || POSTGRES_PORT}${pathname}`;
}

/**
 * @param named see {@link ownSecrets}
 * @throws {WrongCall}
 */
export async function backupKey(environment: Environment, named: string | undefined): Promise<string> {
  const key = environment['BACKUP_KEY'] || (await ownSecrets(named))?.backupKey;
  if (key === undefined) {
    throw new WrongCall(
      'The environment variable BACKUP_KEY is missing, and the database is not that of a shop that runs from here, ' +
        'whose key is in .local/secrets.json.',
    );
  }
  if (!BACKUP_KEY_PATTERN.test(key)) throw new WrongCall('BACKUP_KEY is not 64 hexadecimal digits.');
  return key;
}

function required(name: string, environment: Environment): string {
  const value = environment[name];
  if (!value) throw new WrongCall(`The environment variable ${name} is missing.`);
  return value;
}
