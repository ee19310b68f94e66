/**
 * `npm run signing-key`: makes a key that signs access tokens. The first line is its private half, for
 * ACCESS_TOKEN_KEY; the second its public one, for a place in ACCESS_TOKEN_KEYS_BESIDE.
 */

import { makeSigningKey } from './local/secrets.ts';

const key = makeSigningKey();
const { kty, crv, x } = JSON.parse(key) as Readonly<Record<string, string>>;
process.stdout.write(`${key}\n${JSON.stringify({ keys: [{ kty, crv, x }] })}\n`);
