/** Makes the proofs by which the origin knows the edge, see `lib/edge-proof.ts`. */

import type { Clock } from '#lib/clock.ts';
import { callText, type EdgeCall, formatProof, passText, passTime } from '#lib/edge-proof.ts';

export interface Prover {
  /** For a read that is the same for everybody. */
  pass(): Promise<string>;
  /** For this call alone; its headers are as they will be sent. */
  sign(call: EdgeCall): Promise<string>;
}

export function createProver(secret: string, clock: Clock): Prover {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  let key: Promise<CryptoKey> | undefined;
  const codeOf = async (text: string) => {
    key ??= crypto.subtle.importKey('raw', bytesOf(secret), algorithm, false, ['sign']);
    return base64Url(new Uint8Array(await crypto.subtle.sign(algorithm, await key, bytesOf(text))));
  };
  let current: { readonly madeAt: number; readonly text: string } | undefined;
  return {
    pass: async () => {
      const madeAt = passTime(clock.now().getTime());
      if (current?.madeAt === madeAt) return current.text;
      const text = formatProof({ kind: 'pass', madeAt, code: await codeOf(passText(madeAt)) });
      current = { madeAt, text };
      return text;
    },
    sign: async (call) => {
      const madeAt = clock.now().getTime();
      return formatProof({ kind: 'call', madeAt, code: await codeOf(callText(call, madeAt)) });
    },
  };
}

/** `Content-Digest`, RFC 9530. */
export async function bodyDigest(body: Uint8Array<ArrayBuffer>): Promise<string> {
  return `sha-256=:${base64(new Uint8Array(await crypto.subtle.digest('SHA-256', body)))}:`;
}

const bytesOf = (text: string) => new TextEncoder().encode(text);
const base64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes));
const base64Url = (bytes: Uint8Array) =>
  base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
