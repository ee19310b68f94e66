/** The process that makes a picture: how it ends, and what of it reaches the process that started it. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { createLogger } from '#lib/log.ts';
import { createPictureCache, hashOf } from '#origin/media/picture-cache.ts';
import { EXIT } from '#origin/media/resize-limits.ts';
import { createCleaner, createResizer, type Resizer } from '#origin/media/resizer.ts';
import { openCacheProcess } from '#test/support/cache.ts';
import { photograph } from '#test/support/pictures.ts';
import { testRedisUrl } from '#test/support/stack.ts';

const WANTED = { width: 160, format: 'webp' } as const;
const PROGRAM = new URL('../../../origin/media/resize-main.ts', import.meta.url).pathname;

let folder: string;
let photo: Buffer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hotshelf-pictures-'));
  photo = await photograph({ width: 400, height: 300 });
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** A resizer whose processes run this code instead; `runs` has a line for each. */
async function resizerOf(code: string, timeoutMs = 10_000) {
  const program = join(folder, `${crypto.randomUUID()}.ts`);
  const runs = `${program}.runs`;
  const count = `import { appendFileSync } from 'node:fs';\nappendFileSync(${JSON.stringify(runs)}, 'run\\n');\n`;
  await Bun.write(program, count + code);
  const logs: string[] = [];
  const log = createLogger({ level: 'info', write: (line) => logs.push(line) });
  const countRuns = async () => (await Bun.file(runs).text()).split('\n').length - 1;
  return { resize: createResizer(log, { program, timeoutMs }), logs, countRuns };
}

describe('a process', () => {
  test('that does not end is ended', async () => {
    const { resize, logs } = await resizerOf('setInterval(() => {}, 1_000);', 500);
    expect(await resize(photo, WANTED)).toEqual({ kind: 'failed' });
    expect(logs.join()).toContain('making a picture failed');
  });

  test('that is killed by its picture takes nobody with it', async () => {
    const { resize } = await resizerOf("process.kill(process.pid, 'SIGSEGV'); await new Promise(() => {});");
    expect(await resize(photo, WANTED)).toEqual({ kind: 'failed' });
  });

  test('without sharp says so once, and is not tried again at once', async () => {
    const { resize, logs, countRuns } = await resizerOf(
      `process.stderr.write('no binary for this machine'); process.exit(${EXIT.uninstalled});`,
    );
    expect(await resize(photo, WANTED)).toEqual({ kind: 'failed' });
    expect(await resize(photo, WANTED)).toEqual({ kind: 'failed' });
    expect(await countRuns()).toBe(1);
    expect(logs).toHaveLength(1);
    expect(logs[0]).toMatch(/sharp does not load here.*no binary for this machine/);
  });

  test('knows none of the secrets of the one that started it', async () => {
    process.env['PICTURE_TEST_SECRET'] = 'a secret';
    const { resize } = await resizerOf(`process.stdout.write(JSON.stringify(Object.keys(process.env)));`);
    const resized = await resize(photo, WANTED);
    delete process.env['PICTURE_TEST_SECRET'];
    if (resized.kind !== 'made') throw new Error(resized.kind);
    expect(Buffer.from(resized.picture).toString()).not.toContain('SECRET');
  });
});

test('on a machine for which sharp has no binary, the program ends with its reason', async () => {
  const program = join(folder, 'origin', 'resize-main.ts');
  const limits = new URL('resize-limits.ts', `file://${PROGRAM}`);
  const binary = join(folder, 'node_modules', 'sharp', 'index.js');
  await Promise.all([
    Bun.write(program, Bun.file(PROGRAM)),
    Bun.write(join(folder, 'origin', 'resize-limits.ts'), Bun.file(limits)),
    Bun.write(binary, 'throw new Error("Could not load the module for this machine");'),
  ]);
  const logs: string[] = [];
  const log = createLogger({ level: 'info', write: (line) => logs.push(line) });
  expect(await createResizer(log, { program })(photo, WANTED)).toEqual({ kind: 'failed' });
  expect(logs.join()).toContain('Could not load the module for this machine');
});

test('what comes out larger than may be passed on is made smaller', async () => {
  const limited = join(folder, 'limited');
  const limits = await Bun.file(new URL('resize-limits.ts', `file://${PROGRAM}`)).text();
  const modules = new URL('../../../node_modules', import.meta.url).pathname;
  await Bun.write(join(limited, 'resize-main.ts'), Bun.file(PROGRAM));
  await Bun.write(join(limited, 'resize-limits.ts'), limits.replace('8 * 1024 * 1024', '20_000'));
  await symlink(modules, join(limited, 'node_modules'));
  const cleaned = await createCleaner(createLogger({ level: 'error', write: () => {} }), {
    program: join(limited, 'resize-main.ts'),
  })(photo);
  if (cleaned.kind !== 'made') throw new Error(cleaned.kind);
  expect(photo.byteLength).toBeGreaterThan(20_000);
  expect(cleaned.picture.byteLength).toBeWithin(10_000, 20_001);
});

test('of AVIF fewer pixels are taken in than of others, before any is decoded', async () => {
  const avif = await sharp(photo).avif({ effort: 0 }).toBuffer();
  const size = avif.indexOf('ispe') + 8;
  avif.writeUInt32BE(4_001, size);
  avif.writeUInt32BE(4_000, size + 4);
  const run = Bun.spawnSync([process.execPath, PROGRAM, '4096', 'clean'], { stdin: avif, stderr: 'pipe' });
  expect(run.exitCode).toBe(EXIT.unreadable);
  expect(run.stderr.toString()).toContain('AVIF of 16004000 pixels');
});

test('the program explains itself, and what it is not meant for', async () => {
  const run = (...args: string[]) =>
    Bun.spawnSync([process.execPath, PROGRAM, ...args], { stdin: photo, stdout: 'pipe', stderr: 'pipe' });
  const help = run('--help');
  expect(help.exitCode).toBe(0);
  expect(help.stdout.toString()).toContain('usage:');
  for (const args of [[], ['wide', 'webp'], ['160', 'gif'], ['160']]) {
    const refused = run(...args);
    expect(refused.exitCode).toBe(EXIT.misused);
    expect(refused.stderr.toString()).toContain('usage:');
  }
});

test('a picture that one process has made, another finds in Redis; a replaced one is made anew', async () => {
  const redisUrl = await testRedisUrl();
  const [one, other] = await Promise.all([openCacheProcess(redisUrl), openCacheProcess(redisUrl)]);
  const log = createLogger({ level: 'error', write: () => {} });
  const made: string[] = [];
  const makes =
    (name: string): Resizer =>
    async () => {
      made.push(name);
      return { kind: 'made', picture: Buffer.from(`made by ${name}`) };
    };
  const picturesOf = ({ tiers }: typeof one, name: string) => createPictureCache(tiers, log, makes(name));
  const original = { hash: hashOf(photo), read: async () => photo };
  const first = await picturesOf(one, 'one').read(original, WANTED);
  const second = await picturesOf(other, 'other').read(original, WANTED);
  expect(second?.etag).toBe(first?.etag ?? '');
  expect(Buffer.from(second?.body ?? []).toString()).toBe('made by one');
  const replaced = { ...original, hash: hashOf(Buffer.from('another')) };
  await picturesOf(other, 'other').read(replaced, WANTED);
  await picturesOf(other, 'other').read(original, { ...WANTED, format: 'avif' });
  expect(made).toEqual(['one', 'other', 'other']);
  await Promise.all([one.close(), other.close()]);
});
