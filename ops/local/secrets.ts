/** The secrets of the local stack: made at random once for each checkout, readable by their owner only. */

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const NAMES = [
  'postgresPassword',
  'redisPassword',
  'natsToken',
  'edgeSecret',
  'accessTokenKey',
  'quoteSecret',
  'fieldKey',
  'backupKey',
  'edgePurgeSecret',
  'metricsToken',
  'stripeWebhookSecret',
] as const;

export type Secrets = Readonly<Record<(typeof NAMES)[number], string>>;

const SECRET_BYTES = 24;
/** AES-256 takes exactly as many. */
const CIPHER_KEY_BYTES = 32;
const CIPHER_KEYS: ReadonlySet<string> = new Set(['fieldKey', 'backupKey']);
const OWNER_ONLY = 0o600;
/** As Stripe's own signing secrets begin, so that the SDK sees what it knows. */
const WEBHOOK_SECRET_PREFIX = 'whsec_';

/** A private Ed25519 key, as a JWK. */
export function makeSigningKey(): string {
  return JSON.stringify(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }));
}

function makeSecret(name: string): string {
  if (name === 'accessTokenKey') return makeSigningKey();
  const random = randomBytes(CIPHER_KEYS.has(name) ? CIPHER_KEY_BYTES : SECRET_BYTES).toString('hex');
  return name === 'stripeWebhookSecret' ? `${WEBHOOK_SECRET_PREFIX}${random}` : random;
}

async function readSecrets(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** The folder's secrets; those that are missing are made and kept. */
export async function loadSecrets(folder: string): Promise<Secrets> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'secrets.json');
  const kept = await readSecrets(file);
  const pairs = NAMES.map((name) => {
    const value = kept[name];
    return [name, typeof value === 'string' ? value : makeSecret(name)] as const;
  });
  const secrets = Object.fromEntries(pairs) as Secrets;
  await writeFile(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: OWNER_ONLY });
  await chmod(file, OWNER_ONLY);
  return secrets;
}
