/** NATS with JetStream for one checkout: a token, loopback only. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'nats';
import { verifiedTls } from '#db/tls.ts';
import type { Program } from './packages.ts';
import { LOOPBACK } from './ports.ts';
import type { PreparedServer, ServerOptions } from './server.ts';

const CONNECT_TIMEOUT_MS = 2_000;
const READY_DEADLINE_MS = 30_000;

/** Accounts see nothing of each other: a test file that has one has JetStream to itself. */
export const TEST_NATS_ACCOUNTS = 320;

/** Each has a stream that may become a gigabyte, and is counted as if it were; none of them does. */
const TEST_FILE_STORE = `${2 * TEST_NATS_ACCOUNTS}GB`;

function testAccounts(password: string): string {
  const accounts = Array.from({ length: TEST_NATS_ACCOUNTS }, (_, index) => {
    const user = `{ user: "test${index}", password: "${password}" }`;
    return `TEST${index} { jetstream: enabled, users: [${user}] }`;
  });
  return `accounts { ${accounts.join('\n')} }`;
}

/** In a file, for a token among the arguments could be read by every user of the machine. */
function configuration(options: ServerOptions, data: string): string {
  const { natsToken } = options.secrets;
  return [
    `listen: "${LOOPBACK}:${options.port}"`,
    options.isDurable ? `authorization { token: "${natsToken}" }` : testAccounts(natsToken),
    `jetstream { store_dir: "${data}"${options.isDurable ? '' : `, max_file_store: ${TEST_FILE_STORE}`} }`,
    '',
  ].join('\n');
}

function loginOf({ secrets, isDurable }: ServerOptions): string {
  return isDurable ? secrets.natsToken : `test0:${secrets.natsToken}`;
}

/** The client does not take a token from the address itself. */
export async function natsAnswers(url: string): Promise<boolean> {
  const { protocol, hostname, port, username, password } = new URL(url);
  const login =
    password === '' ? { token: decodeURIComponent(username) } : { user: username, pass: password };
  const connection = await connect({
    servers: `${hostname}:${port === '' ? '4222' : port}`,
    timeout: CONNECT_TIMEOUT_MS,
    reconnect: false,
    ...(protocol === 'tls:' ? { tls: verifiedTls(hostname, process.env['TLS_CA_FILE'] || undefined) } : {}),
    ...(username === '' ? {} : login),
  });
  try {
    const manager = await connection.jetstreamManager({ timeout: CONNECT_TIMEOUT_MS });
    await manager.getAccountInfo();
    return true;
  } finally {
    await connection.close();
  }
}

export async function prepareNats(options: ServerOptions, program: Program): Promise<PreparedServer> {
  const data = join(options.folder, 'nats');
  await mkdir(data, { recursive: true });
  const file = join(data, 'nats.conf');
  await writeFile(file, configuration(options, data), { mode: 0o600 });
  const url = `nats://${loginOf(options)}@${LOOPBACK}:${options.port}`;
  return {
    url,
    part: {
      name: 'nats',
      command: [program.path, '-c', file],
      environment: program.environment,
      cwd: data,
      marker: file,
      stopSignal: 'SIGINT',
      killSignal: 'SIGKILL',
      readyDeadlineMs: READY_DEADLINE_MS,
      isReady: () => natsAnswers(url),
    },
  };
}
