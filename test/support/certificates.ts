/** Certificates as an authority makes them, by openssl: real ones, for a test's servers. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun } from '#ops/local/commands.ts';

export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Authority {
  readonly caFile: string;
  /** @param names as in subjectAltName: `DNS:localhost,IP:127.0.0.1` */
  issue(name: string, names: string): Promise<Certificate>;
  close(): Promise<void>;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export async function createAuthority(): Promise<Authority> {
  const folder = await mkdtemp(join(tmpdir(), 'hotshelf-certificates-'));
  const at = (file: string) => join(folder, file);
  const subject = ['-subj', '/CN=Test Authority'];
  const extensions = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=keyCertSign'];
  const files = ['-keyout', at('ca.key'), '-out', at('ca.pem')];
  await mustRun(['openssl', 'req', '-x509', '-days', '2', ...NEW_KEY, ...subject, ...extensions, ...files]);
  return {
    caFile: at('ca.pem'),
    issue: async (name, names) => {
      const [keyFile, request, certFile] = [at(`${name}.key`), at(`${name}.csr`), at(`${name}.pem`)];
      await mustRun([
        'openssl',
        'req',
        ...NEW_KEY,
        '-subj',
        `/CN=${name}`,
        '-keyout',
        keyFile,
        '-out',
        request,
      ]);
      await writeFile(at(`${name}.ext`), `subjectAltName=${names}\n`);
      await mustRun([
        ...['openssl', 'x509', '-req', '-in', request, '-days', '2', '-extfile', at(`${name}.ext`)],
        ...['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-out', certFile],
      ]);
      return { certFile, keyFile };
    },
    close: () => rm(folder, { recursive: true }),
  };
}
