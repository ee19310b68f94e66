/** PostgreSQL refuses to run as root: as root, it runs as an unprivileged user who can reach the checkout. */

import { findProgram, mustRun, runCommand } from './commands.ts';

export interface Runner {
  /** Stands before the command. */
  readonly prefix: readonly string[];
  /** Who must own the data; null where we already are that user. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
}

const USERS = ['postgres', 'nobody'];
/**
 * Reading and passing folders that only root may enter, such as a checkout below /root; nothing else of root's.
 * Without the secure bit access(2), with which initdb looks for its programs, would not honour it.
 */
const CAPABILITY = '+dac_read_search';
const REACH = [
  ...['--inh-caps', CAPABILITY, '--ambient-caps', CAPABILITY],
  ...['--securebits', '+no_setuid_fixup'],
];

async function lookUp(): Promise<{ uid: number; gid: number }> {
  for (const user of USERS) {
    const uid = await runCommand(['id', '-u', user]);
    const gid = await runCommand(['id', '-g', user]);
    if (uid.succeeded && gid.succeeded) return { uid: Number(uid.output), gid: Number(gid.output) };
  }
  throw new Error(`PostgreSQL may not run as root, and there is no user ${USERS.join(' or ')} to run it as.`);
}

/** @param program which the user must be able to run, from @param folder which it must be able to enter. */
export async function unprivilegedRunner(program: string, folder: string): Promise<Runner> {
  if (process.getuid?.() !== 0) return { prefix: [], owner: null };
  const setpriv = findProgram('setpriv');
  if (setpriv === null) {
    throw new Error("PostgreSQL may not run as root, and 'setpriv' (package util-linux) is not installed.");
  }
  const owner = await lookUp();
  const user = ['--reuid', String(owner.uid), '--regid', String(owner.gid), '--clear-groups'];
  for (const reach of [[], REACH]) {
    const prefix = [setpriv, ...user, ...reach, '--'];
    const reached = await runCommand([...prefix, program, '--version'], { cwd: folder });
    const entered = await runCommand([...prefix, 'ls', folder], { cwd: '/' });
    if (reached.succeeded && entered.succeeded) return { prefix, owner };
  }
  throw new Error(`The user with the id ${owner.uid} cannot reach ${folder}: move the checkout elsewhere.`);
}

/** Gives the folder and what it holds to the runner's user. */
export async function handOver(folder: string, { owner }: Runner): Promise<void> {
  if (owner !== null) await mustRun(['chown', '-R', `${owner.uid}:${owner.gid}`, folder]);
}
