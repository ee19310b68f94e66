/** Backups in S3-compatible storage, encrypted there once more. Large ones go in parts and appear when all are there. */

import { createHash } from 'node:crypto';
import { AwsClient } from 'aws4fetch';
import { type BackupStore, isBackupName, newestFirst, type StoredBackup, StoreError } from './store.ts';

export interface S3Place {
  /** `https://s3.eu-central-1.amazonaws.com`, say; the bucket is part of the path. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** Without slashes at its ends; empty for the bucket itself. */
  readonly prefix: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Ten thousand parts of it are 156 GiB, which S3 takes; all but the last must be of at least 5 MiB. */
const PART_BYTES = 16 * 1024 ** 2;
const MAX_PARTS = 10_000;
const MAX_PAGES = 1_000;
const TRIES = 3;
const SERVER_SIDE_ENCRYPTION = { 'x-amz-server-side-encryption': 'AES256' };

interface Call {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

type Caller = (call: Call) => Promise<Response>;

export function s3Store(place: S3Place): BackupStore {
  const call = createCaller(place);
  const keyOf = (name: string) => (place.prefix === '' ? name : `${place.prefix}/${name}`);
  return {
    place: `s3://${place.bucket}/${place.prefix}`,
    list: async () => newestFirst(await listAll(call, keyOf(''))),
    write: (name, bytes) => upload(call, keyOf(name), bytes),
    read: (name) => download(call, keyOf(name)),
    remove: async (name) => {
      await call({ method: 'DELETE', key: keyOf(name) });
    },
  };
}

function createCaller(place: S3Place): Caller {
  const { accessKeyId, secretAccessKey, sessionToken, region } = place;
  const session = sessionToken === undefined ? {} : { sessionToken };
  const client = new AwsClient({
    accessKeyId,
    secretAccessKey,
    ...session,
    region,
    service: 's3',
    retries: TRIES,
  });
  return async ({ method, key = '', query = {}, headers = {}, body }) => {
    const url = new URL(`${place.endpoint.replace(/\/$/, '')}/${place.bucket}/${key}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const digest = createHash('sha256')
      .update(body ?? '')
      .digest('hex');
    const answer = await client
      .fetch(url.href, {
        method,
        headers: { ...headers, 'x-amz-content-sha256': digest },
        ...(body === undefined ? {} : { body: body as NonNullable<RequestInit['body']> }),
      })
      .catch((cause: unknown) => {
        throw new StoreError(`${url.host} cannot be reached.`, { cause });
      });
    if (answer.ok) return answer;
    const code = textOf(await answer.text(), 'Code') ?? 'no code';
    throw new StoreError(`${url.host} refuses to ${method} ${url.pathname}: ${answer.status}, ${code}.`);
  };
}

async function upload(call: Caller, key: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const begun = await call({ method: 'POST', key, query: { uploads: '' }, headers: SERVER_SIDE_ENCRYPTION });
  const uploadId = textOf(await begun.text(), 'UploadId');
  if (uploadId === null) throw new StoreError('The storage names no upload.');
  try {
    if (!begun.headers.has('x-amz-server-side-encryption')) {
      throw new StoreError('The storage does not say that it encrypts what it is given.');
    }
    const tags: string[] = [];
    for await (const body of inParts(bytes)) {
      if (tags.length === MAX_PARTS)
        throw new StoreError('The backup has more parts than the storage takes.');
      const query = { partNumber: String(tags.length + 1), uploadId };
      const put = await call({ method: 'PUT', key, query, body });
      tags.push(put.headers.get('etag') ?? '');
    }
    const parts = tags.map(
      (tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${tag}</ETag></Part>`,
    );
    const body = `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`;
    const answer = await call({ method: 'POST', key, query: { uploadId }, body });
    // S3 may begin to answer 200 and then fail.
    if (textOf(await answer.text(), 'ETag') === null)
      throw new StoreError('The storage did not put the parts together.');
  } catch (error) {
    await call({ method: 'DELETE', key, query: { uploadId } }).catch(() => undefined);
    throw error;
  }
}

async function* inParts(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let size = 0;
  for await (const some of bytes) {
    held.push(some);
    size += some.length;
    if (size < PART_BYTES) continue;
    yield Buffer.concat(held);
    held = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(held);
}

async function* download(call: Caller, key: string): AsyncGenerator<Uint8Array> {
  const { body } = await call({ method: 'GET', key });
  if (body === null) throw new StoreError('The storage answered with nothing.');
  yield* body as unknown as AsyncIterable<Uint8Array>;
}

async function listAll(call: Caller, prefix: string): Promise<StoredBackup[]> {
  const found: StoredBackup[] = [];
  let token: string | null = null;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const after: Record<string, string> = token === null ? {} : { 'continuation-token': token };
    const answer = await call({ method: 'GET', query: { 'list-type': '2', prefix, ...after } });
    const text = await answer.text();
    for (const [, entry = ''] of text.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
      const name = (textOf(entry, 'Key') ?? '').slice(prefix.length);
      if (isBackupName(name)) found.push({ name, bytes: Number(textOf(entry, 'Size')) });
    }
    token = textOf(text, 'NextContinuationToken');
    if (token === null) return found;
  }
  throw new StoreError('The storage lists more than can be read.');
}

/** The text of the first such element: what is read here is named by us or by the storage, and never has markup. */
function textOf(xml: string, element: string): string | null {
  const text = new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml)?.[1];
  return text === undefined || text === '' ? null : text.replaceAll('&quot;', '"').replaceAll('&amp;', '&');
}
