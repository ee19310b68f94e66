/** Where backups go and under which key, by the call, the environment, or the checkout's own folder. */

import { join } from 'node:path';
import { LOCAL } from '#ops/local/paths.ts';
import { loadSecrets } from '#ops/local/secrets.ts';
import { s3Store } from './s3-store.ts';
import { BACKUP_KEY_PATTERN } from './sealed-stream.ts';
import { type BackupStore, folderStore } from './store.ts';

export const PLACES_HELP = `The place is a folder or s3://BUCKET[/PREFIX] (BACKUP_PLACE; else .local/backups). S3 needs AWS_ACCESS_KEY_ID and
AWS_SECRET_ACCESS_KEY, and takes AWS_SESSION_TOKEN, AWS_REGION (us-east-1) and BACKUP_S3_ENDPOINT, for storage that is
not Amazon's. BACKUP_KEY seals backups before they leave the machine: 64 hexadecimal digits, 'openssl rand -hex 32';
without it, for a backup of this checkout's own shop, .local/secrets.json has one. Keep it, and the shop's FIELD_KEY,
somewhere else than the backups: without either of them they are of no use, and neither is part of a backup.`;

/** A call that cannot be carried out as it is; its message is for people. */
export class WrongCall extends Error {
  override readonly name = 'WrongCall';
}

type Environment = Readonly<Record<string, string | undefined>>;

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

/** @throws {WrongCall} */
export async function backupKey(environment: Environment): Promise<string> {
  const key = environment['BACKUP_KEY'] || (await loadSecrets(LOCAL)).backupKey;
  if (!BACKUP_KEY_PATTERN.test(key)) throw new WrongCall('BACKUP_KEY is not 64 hexadecimal digits.');
  return key;
}

function required(name: string, environment: Environment): string {
  const value = environment[name];
  if (!value) throw new WrongCall(`The environment variable ${name} is missing.`);
  return value;
}
