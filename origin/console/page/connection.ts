/** The session and the stream, as the page sees them. */

import { type Beginning, EVENTS, type Snapshot } from '#origin/console/model.ts';

const SESSION = '/ops/session';
const STREAM = '/ops/stream';
/** The origin tells something each second; after so long without, it has gone. */
const PATIENCE_MS = 6_000;
const RETRY_MS = 2_000;

export async function isSignedIn(): Promise<boolean> {
  return (await fetch(SESSION)).ok;
}

/** @returns whether the token was right */
export async function signIn(token: string): Promise<boolean> {
  const answer = await fetch(SESSION, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
  return answer.ok;
}

export async function signOut(): Promise<void> {
  await fetch(SESSION, { method: 'DELETE' });
}

export interface Listener {
  begin(beginning: Beginning): void;
  tell(snapshot: Snapshot): void;
  /** Nothing has come for a while; it is tried again. */
  lose(sinceMs: number): void;
  /** The session has ended. */
  end(): void;
}

export function listen(listener: Listener): void {
  let lastMs = Date.now();
  let source: EventSource | null = null;
  const parsed = (event: MessageEvent<string>): unknown => JSON.parse(event.data);
  const finish = () => {
    clearInterval(watchdog);
    source?.close();
    listener.end();
  };
  const open = () => {
    source?.close();
    source = new EventSource(STREAM);
    source.addEventListener(EVENTS.beginning, (event) => listener.begin(parsed(event) as Beginning));
    source.addEventListener(EVENTS.snapshot, (event) => {
      lastMs = Date.now();
      listener.tell(parsed(event) as Snapshot);
    });
    source.addEventListener(EVENTS.signedOut, finish);
    source.addEventListener('error', () => void retry());
  };
  /** A refusal and a lost connection look the same to the stream. */
  const retry = async () => {
    source?.close();
    const isIn = await isSignedIn().catch(() => null);
    if (isIn === false) finish();
    else setTimeout(open, RETRY_MS);
  };
  const watchdog = setInterval(() => {
    if (Date.now() - lastMs > PATIENCE_MS) listener.lose(lastMs);
  }, 1_000);
  open();
}
