/**
 * S3-compatible storage as far as backups use it. It believes nobody: every request's signature (Signature Version 4)
 * is computed again from the secret, and a body must be the one that was signed.
 */

import { createHash, createHmac } from 'node:crypto';

export interface S3Double {
  readonly url: string;
  readonly objects: Map<string, Buffer>;
  /** The encryption that each object was asked to be kept with. */
  readonly encryption: Map<string, string>;
  /** Uploads that were begun and neither completed nor given up. */
  readonly open: Map<string, Map<number, Buffer>>;
  /** The next part is refused. */
  refuseNextPart(): void;
  /** As storage that keeps things as they come. */
  forgetEncryption(): void;
  stop(): Promise<void>;
}

export const S3_CREDENTIALS = { accessKeyId: 'AKIDOUBLE', secretAccessKey: 'a-secret-of-the-double' };

const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest();
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
function isSigned(request: Request, body: Uint8Array): boolean {
  const header = request.headers.get('authorization') ?? '';
  const parts =
    /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(header);
  const [, credential = '', signed = '', signature = ''] = parts ?? [];
  const [keyId, date = '', region = '', service = '', end] = credential.split('/');
  if (keyId !== S3_CREDENTIALS.accessKeyId || end !== 'aws4_request') return false;
  if (request.headers.get('x-amz-content-sha256') !== sha256(body)) return false;
  const url = new URL(request.url);
  const query = [...url.searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .toSorted()
    .join('&');
  const headers = signed.split(';').map((name) => `${name}:${(request.headers.get(name) ?? '').trim()}\n`);
  const canonical = [request.method, url.pathname, query, headers.join(''), signed, sha256(body)].join('\n');
  const scope = `${date}/${region}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', request.headers.get('x-amz-date'), scope, sha256(canonical)].join('\n');
  const key = [region, service, 'aws4_request'].reduce(
    (made, part) => hmac(made, part),
    hmac(`AWS4${S3_CREDENTIALS.secretAccessKey}`, date),
  );
  return hmac(key, toSign).toString('hex') === signature && signed.split(';').includes('host');
}

const xml = (body: string, headers: Record<string, string> = {}) => new Response(body, { headers });
const refusal = (status: number, code: string) =>
  new Response(`<Error><Code>${code}</Code></Error>`, { status });

export function startS3Double(): S3Double {
  const objects = new Map<string, Buffer>();
  const encryption = new Map<string, string>();
  const open = new Map<string, Map<number, Buffer>>();
  let refuses = false;
  let forgets = false;

  function list(url: URL): Response {
    const prefix = url.searchParams.get('prefix') ?? '';
    const keys = [...objects.keys()].filter((key) => key.startsWith(prefix)).toSorted();
    // One a page, so that whoever lists has to go on.
    const from = Number(url.searchParams.get('continuation-token') ?? '0');
    const key = keys[from];
    const next = from + 1 < keys.length ? `<NextContinuationToken>${from + 1}</NextContinuationToken>` : '';
    const entry =
      key === undefined
        ? ''
        : `<Contents><Key>${key}</Key><Size>${objects.get(key)?.length}</Size></Contents>`;
    return xml(`<ListBucketResult>${entry}${next}</ListBucketResult>`);
  }

  function post(key: string, url: URL, request: Request): Response {
    if (url.searchParams.has('uploads')) {
      const asked = request.headers.get('x-amz-server-side-encryption') ?? '';
      open.set(key, new Map());
      encryption.set(key, asked);
      const told: Record<string, string> = forgets ? {} : { 'x-amz-server-side-encryption': asked };
      return xml('<R><UploadId>upload-1</UploadId></R>', told);
    }
    const parts = [...(open.get(key) ?? new Map<number, Buffer>())].toSorted(([a], [b]) => a - b);
    objects.set(key, Buffer.concat(parts.map(([, bytes]) => bytes)));
    open.delete(key);
    return xml('<R><ETag>"whole"</ETag></R>');
  }

  function put(key: string, url: URL, body: Uint8Array): Response {
    if (refuses) {
      refuses = false;
      return refusal(403, 'QuotaExceeded');
    }
    open.get(key)?.set(Number(url.searchParams.get('partNumber')), Buffer.from(body));
    return new Response(null, { headers: { etag: `"${sha256(body)}"` } });
  }

  function remove(key: string, url: URL): Response {
    if (url.searchParams.has('uploadId')) open.delete(key);
    else objects.delete(key);
    return new Response(null, { status: 204 });
  }

  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: async (request) => {
      const body = new Uint8Array(await request.arrayBuffer());
      if (!isSigned(request, body)) return refusal(403, 'SignatureDoesNotMatch');
      const url = new URL(request.url);
      const key = url.pathname.split('/').slice(2).join('/');
      if (request.method === 'POST') return post(key, url, request);
      if (request.method === 'PUT') return put(key, url, body);
      if (request.method === 'DELETE') return remove(key, url);
      if (url.searchParams.has('list-type')) return list(url);
      const found = objects.get(key);
      return found === undefined ? refusal(404, 'NoSuchKey') : new Response(new Uint8Array(found));
    },
  });
  return {
    ...{ objects, encryption, open },
    url: server.url.href,
    refuseNextPart: () => {
      refuses = true;
    },
    forgetEncryption: () => {
      forgets = true;
    },
    stop: () => server.stop(true),
  };
}
