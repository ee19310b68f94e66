/**
 * `node ops/setup.mjs PROGRAM.ts [arguments]`: makes sure that Bun and the dependencies are there, then runs
 * the program with Bun. Plain Node and npm are all that it needs; with nothing to do it costs milliseconds.
 */

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = [20, 3];
const LOCK_WAIT_MS = 10 * 60_000;
const LOCK_POLL_MS = 200;
const PARENT_POLL_MS = 500;
/** npm's own patience with a network that is not there is some minutes. */
const NPM_FLAGS = [
  '--no-audit',
  '--no-fund',
  '--prefer-offline',
  '--fetch-retries=1',
  '--fetch-retry-mintimeout=1000',
  '--fetch-retry-maxtimeout=5000',
];
const OFFLINE =
  /ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|ConnectionRefused|FailedToOpenSocket/;

const begunAtMs = Date.now();
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const local = join(root, '.local');
const toolchain = join(local, 'toolchain');
const stampFile = join(root, 'node_modules', '.hotshelf-setup');
const lockFolder = join(local, 'setup.lock');
const executable = (folder) => join(folder, 'node_modules', '.bin', 'bun');

function fail(sentence) {
  console.error(`setup: ${sentence}`);
  process.exit(1);
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const isOld = major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]);
  if (isOld) fail(`Node ${OLDEST_NODE.join('.')} or newer is needed, and this is ${process.versions.node}.`);
}

function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The pieces that decide what is installed. Another Node or machine type needs other binaries too. */
function fingerprint() {
  const hash = createHash('sha256');
  const { patchedDependencies } = JSON.parse(readText(join(root, 'package.json')));
  const pieces = ['package.json', 'bun.lock', ...Object.values(patchedDependencies)];
  for (const name of pieces) hash.update(readText(join(root, name)));
  return hash.update(`${process.platform}-${process.arch}`).digest('hex');
}

const isReady = (wanted) => readText(stampFile) === wanted && existsSync(executable(root));

function wantedBun() {
  const { bun } = JSON.parse(readText(join(root, 'package.json'))).devDependencies;
  if (!/^\d+\.\d+\.\d+$/.test(bun)) fail('package.json must name an exact version of bun.');
  return bun;
}

/** The npm that started us if there is one, for the one on the PATH may be another or none. */
function npmCommand() {
  const started = process.env.npm_execpath ?? '';
  return started.endsWith('npm-cli.js') ? [process.execPath, started] : ['npm'];
}

/** Runs one step with its duration; its output is shown only when it fails. */
function step(title, [program, ...args], folder) {
  process.stdout.write(`setup: ${title} ... `);
  const begun = performance.now();
  const outcome = spawnSync(program, args, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, npm_config_ignore_scripts: 'false' },
  });
  if (outcome.status === 0) {
    console.log(`${((performance.now() - begun) / 1000).toFixed(1)} s`);
    return;
  }
  console.log('failed');
  if (outcome.signal === 'SIGINT') process.exit(130);
  if (outcome.error?.code === 'ENOENT') fail(`'${program}' was not found: install Node with npm.`);
  const output = `${outcome.stdout ?? ''}${outcome.stderr ?? ''}`;
  console.error(output.trim());
  if (OFFLINE.test(output)) fail(`${title} failed: the package registry could not be reached.`);
  fail(`${title} failed; the lines above say why.`);
}

function installBun(version) {
  const installed = readText(join(toolchain, 'node_modules', 'bun', 'package.json'));
  if (installed !== '' && JSON.parse(installed).version === version && existsSync(executable(toolchain)))
    return;
  mkdirSync(toolchain, { recursive: true });
  const manifest = { private: true, allowScripts: { bun: true }, dependencies: { bun: version } };
  writeFileSync(join(toolchain, 'package.json'), JSON.stringify(manifest));
  rmSync(join(toolchain, 'package-lock.json'), { force: true });
  step(`fetching Bun ${version}`, [...npmCommand(), 'install', ...NPM_FLAGS], toolchain);
}

function isAlive(processId) {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** One installer at a time: a folder is made by one process only, whoever else asks. */
async function underLock(work) {
  const holder = join(lockFolder, 'pid');
  const deadline = performance.now() + LOCK_WAIT_MS;
  for (let waited = false; ; waited = true) {
    try {
      mkdirSync(local, { recursive: true });
      mkdirSync(lockFolder);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') fail(`${local} could not be written: ${error.message}.`);
    }
    if (!waited) console.log('setup: waiting for another set-up of this checkout');
    if (performance.now() > deadline) fail(`${lockFolder} is still held; delete it if nothing is running.`);
    await new Promise((wake) => setTimeout(wake, LOCK_POLL_MS));
    const holderId = Number(readText(holder));
    if (holderId > 0 && !isAlive(holderId)) rmSync(lockFolder, { recursive: true, force: true });
  }
  writeFileSync(holder, String(process.pid));
  process.on('exit', () => rmSync(lockFolder, { recursive: true, force: true }));
  work();
  rmSync(lockFolder, { recursive: true, force: true });
}

async function setUp() {
  const wanted = fingerprint();
  if (isReady(wanted)) return;
  await underLock(() => {
    if (isReady(wanted)) return;
    installBun(wantedBun());
    step('installing dependencies', [executable(toolchain), 'install', '--frozen-lockfile'], root);
    writeFileSync(stampFile, wanted);
  });
}

/** A signal to npm ends npm and its shell, which tell nobody: the program would go on without them. */
function endWithParent(end) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    end();
  }, PARENT_POLL_MS);
  watch.unref();
}

/** The program's own exit, in both ways that a process can end. */
function runProgram(program, args) {
  const child = spawn(executable(root), [resolve(root, program), ...args], {
    stdio: 'inherit',
    env: { HOTSHELF_BEGUN_AT_MS: String(begunAtMs), ...process.env },
  });
  child.on('error', (error) => fail(`Bun could not be started: ${error.message}.`));
  // Ctrl-C reaches the child from the terminal as well; the programs take the pair for one.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  endWithParent(() => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

const [program, ...args] = process.argv.slice(2);
if (program === undefined) fail('usage: node ops/setup.mjs PROGRAM.ts [arguments]');
requireNode();
await setUp();
runProgram(program, args);
