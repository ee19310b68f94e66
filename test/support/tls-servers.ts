/** The three servers with TLS, each by its own settings, on certificates of a test. */

import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { providePrograms } from '#ops/local/packages.ts';
import { LOCAL } from '#ops/local/paths.ts';
import { choosePorts, LOOPBACK } from '#ops/local/ports.ts';
import { preparePostgres } from '#ops/local/postgres.ts';
import { findPostgres } from '#ops/local/postgres-programs.ts';
import { loadSecrets } from '#ops/local/secrets.ts';
import { handOver, unprivilegedRunner } from '#ops/local/unprivileged.ts';
import type { Certificate } from './certificates.ts';
import { eventually } from './eventually.ts';

export interface TlsServer {
  readonly port: number;
  /** Stands in an address before the `@`. */
  readonly login: string;
  stop(): Promise<void>;
}

export type TlsVersion = '1.2' | '1.3';

export type StartTlsServer = (certificate: Certificate, version: TlsVersion) => Promise<TlsServer>;

interface Started {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly port: number;
  readonly login: string;
  readonly cwd: string;
}

/** Whether anybody takes connections there. */
function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, LOOPBACK);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function inFolder(prepare: (folder: string, port: number) => Promise<Started>): Promise<TlsServer> {
  await mkdir(LOCAL, { recursive: true });
  const folder = await mkdtemp(join(LOCAL, 'tls-'));
  const { port } = await choosePorts({ port: 0 });
  const { command, environment, login, cwd } = await prepare(folder, port);
  const child = Bun.spawn([...command], {
    cwd,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  await eventually('the server listens', () => listens(port));
  return {
    port,
    login,
    stop: async () => {
      child.kill('SIGKILL');
      await child.exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** With its key where its user may read it, and nobody else. */
export const startTlsPostgres: StartTlsServer = ({ certFile, keyFile }, version) =>
  inFolder(async (folder, port) => {
    const secrets = await loadSecrets(folder);
    const { part } = await preparePostgres({ folder, port, secrets, isDurable: false });
    const programs = await findPostgres(() => false);
    const files = join(part.cwd, 'tls');
    await mkdir(files, { mode: 0o700 });
    await copyFile(certFile, join(files, 'server.pem'));
    await copyFile(keyFile, join(files, 'server.key'));
    await handOver(files, await unprivilegedRunner(join(programs.folder, 'postgres'), folder));
    const settings = {
      ssl: 'on',
      ssl_cert_file: join(files, 'server.pem'),
      ssl_key_file: join(files, 'server.key'),
      ssl_min_protocol_version: `TLSv${version}`,
      ssl_max_protocol_version: `TLSv${version}`,
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    return {
      command: [...part.command, ...flags],
      environment: part.environment,
      port,
      login: `hotshelf:${secrets.postgresPassword}`,
      cwd: part.cwd,
    };
  });

export const startTlsRedis: StartTlsServer = ({ certFile, keyFile }, version) =>
  inFolder(async (folder, port) => {
    const [program] = await providePrograms(['redis-server']);
    if (program === undefined) throw new Error('redis-server was not provided.');
    const flags = {
      ...{ port: '0', 'tls-port': String(port), bind: LOOPBACK, dir: folder, save: '' },
      ...{ 'tls-cert-file': certFile, 'tls-key-file': keyFile, 'tls-auth-clients': 'no' },
      'tls-protocols': `TLSv${version}`,
      requirepass: 'secret',
    };
    const command = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
    return {
      command: [program.path, ...command],
      environment: program.environment,
      port,
      login: ':secret',
      cwd: folder,
    };
  });

/** No setting of it keeps it from TLS 1.3; what stands in for an old one says what it would and stops there. */
const OLD_NATS = `
const { createServer } = require('node:net');
const { TLSSocket } = require('node:tls');
const { readFileSync } = require('node:fs');
const [port, cert, key] = process.argv.slice(1);
const options = { isServer: true, cert: readFileSync(cert), key: readFileSync(key), maxVersion: 'TLSv1.2' };
const info = { server_id: 'x', version: '2.9.0', proto: 1, max_payload: 1048576, headers: true, tls_required: true };
createServer((socket) => {
  socket.on('error', () => {});
  socket.write('INFO ' + JSON.stringify(info) + '\\r\\n');
  const secured = new TLSSocket(socket, options);
  secured.on('error', () => {});
  secured.on('data', (data) => { if (String(data).includes('PING')) secured.write('PONG\\r\\n'); });
}).listen(Number(port), '127.0.0.1');
`;

export const startTlsNats: StartTlsServer = ({ certFile, keyFile }, version) =>
  inFolder(async (folder, port) => {
    const shared = { port, login: 'secret', cwd: folder };
    if (version === '1.2') {
      return {
        ...shared,
        command: ['node', '-e', OLD_NATS, String(port), certFile, keyFile],
        environment: {},
      };
    }
    const [program] = await providePrograms(['nats-server']);
    if (program === undefined) throw new Error('nats-server was not provided.');
    const file = join(folder, 'nats.conf');
    const lines = [
      `listen: "${LOOPBACK}:${port}"`,
      'authorization { token: "secret" }',
      `tls { cert_file: "${certFile}", key_file: "${keyFile}" }`,
    ];
    await writeFile(file, lines.join('\n'));
    return { ...shared, command: [program.path, '-c', file], environment: program.environment };
  });
