/** The proxy over real sockets: each fault does what it says, and is over when it is said to be. */

import { afterEach, expect, test } from 'bun:test';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { type NetworkProxy, startProxy } from '#bench/chaos/proxy.ts';
import { eventually } from '#test/support/eventually.ts';

const LOOPBACK = '127.0.0.1';

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

/** Sends back what it gets; to '?' it answers with its name. */
async function startEcho(name = 'echo'): Promise<number> {
  const open = new Set<Socket>();
  const server: Server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('data', (data) => socket.write(String(data) === '?' ? name : data));
  });
  await new Promise<void>((ready) => server.listen(0, LOOPBACK, () => ready()));
  cleanUps.push(async () => {
    for (const socket of open) socket.destroy();
    await new Promise((closed) => server.close(closed));
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

interface Client {
  readonly socket: Socket;
  readonly received: () => string;
  readonly isClosed: () => boolean;
}

async function openClient({ port }: NetworkProxy): Promise<Client> {
  const socket = connect(port, LOOPBACK);
  let text = '';
  let closed = false;
  socket.on('data', (data) => {
    text += String(data);
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    closed = true;
  });
  await eventually('the connection is made or refused', () => !socket.connecting || closed);
  cleanUps.push(async () => socket.destroy());
  return { socket, received: () => text, isClosed: () => closed };
}

async function proxyTo(...ports: readonly number[]): Promise<NetworkProxy> {
  const proxy = await startProxy(ports);
  cleanUps.push(() => proxy.stop());
  return proxy;
}

const answered = (client: Client, text: string) =>
  eventually(`${text.slice(0, 20)} comes back`, () => client.received() === text);

test('without a fault bytes arrive in order, in both directions, however many', async () => {
  const client = await openClient(await proxyTo(await startEcho()));
  const text = 'abcdefghij'.repeat(500_000);
  client.socket.write(text);
  await answered(client, text);
});

test('a connection goes to the first target that takes it', async () => {
  const gone = await proxyTo();
  await gone.stop();
  const client = await openClient(await proxyTo(gone.port, await startEcho('second')));
  client.socket.write('?');
  await answered(client, 'second');
});

test('a connection that no target takes is torn down', async () => {
  const gone = await proxyTo();
  await gone.stop();
  const client = await openClient(await proxyTo(gone.port));
  await eventually('the connection is closed', client.isClosed);
});

test('a black hole holds everything back and tears nothing down; afterwards it arrives', async () => {
  const proxy = await proxyTo(await startEcho());
  const client = await openClient(proxy);
  client.socket.write('before');
  await answered(client, 'before');
  proxy.set({ kind: 'black hole' });
  client.socket.write(', meanwhile');
  const late = await openClient(proxy);
  late.socket.write('late');
  // A proxy without the fault answers somebody who comes after them.
  const other = await openClient(await proxyTo(await startEcho()));
  other.socket.write('other');
  await answered(other, 'other');
  expect([client.received(), late.received()]).toEqual(['before', '']);
  expect([client.isClosed(), late.isClosed()]).toEqual([false, false]);
  proxy.set(null);
  await answered(client, 'before, meanwhile');
  await answered(late, 'late');
});

test('a reset tears down what is open and what is tried; afterwards connections are taken again', async () => {
  const proxy = await proxyTo(await startEcho());
  const client = await openClient(proxy);
  client.socket.write('before');
  await answered(client, 'before');
  proxy.set({ kind: 'reset' });
  await eventually('the open connection is closed', client.isClosed);
  const refused = await openClient(proxy);
  await eventually('the new connection is closed', refused.isClosed);
  proxy.set(null);
  const again = await openClient(proxy);
  again.socket.write('again');
  await answered(again, 'again');
  await eventually('only one connection is open', () => proxy.connections() === 1);
});

test('a refusal tears down what is open and takes nobody; afterwards connections are taken again', async () => {
  const proxy = await proxyTo(await startEcho());
  const client = await openClient(proxy);
  proxy.set({ kind: 'refused' });
  await eventually('the open connection is closed', client.isClosed);
  const refused = await new Promise((settle) => connect(proxy.port, LOOPBACK).once('error', settle));
  expect(refused).toMatchObject({ code: 'ECONNREFUSED' });
  proxy.set(null);
  const again = await openClient(proxy);
  again.socket.write('again');
  await answered(again, 'again');
});

test('a cut lets so many bytes of answers through, of an open connection and of a new one', async () => {
  const proxy = await proxyTo(await startEcho());
  const client = await openClient(proxy);
  client.socket.write('before');
  await answered(client, 'before');
  proxy.set({ kind: 'cut', afterBytes: 5 });
  const fresh = await openClient(proxy);
  client.socket.write('123456789');
  fresh.socket.write('abcdefghi');
  await eventually('both are closed', () => client.isClosed() && fresh.isClosed());
  // A reset may overtake what was written just before it.
  expect('before12345').toStartWith(client.received());
  expect('abcde').toStartWith(fresh.received());
});

test('latency holds each parcel for its time, and a fault that is over holds it no longer', async () => {
  const proxy = await proxyTo(await startEcho());
  const client = await openClient(proxy);
  proxy.set({ kind: 'latency', ms: 60_000 });
  client.socket.write('held');
  const other = await openClient(await proxyTo(await startEcho()));
  other.socket.write('other');
  await answered(other, 'other');
  expect(client.received()).toBe('');
  proxy.set({ kind: 'latency', ms: 1 });
  await answered(client, 'held');
});

test('a rate is kept, and the end of a connection comes after what was sent before it', async () => {
  const proxy = await proxyTo(await startEcho());
  const client = await openClient(proxy);
  proxy.set({ kind: 'rate', bytesPerSecond: 10_000 });
  const begun = performance.now();
  client.socket.write('x'.repeat(2_000));
  await answered(client, 'x'.repeat(2_000));
  // Two directions, 0.2 s each; only the lower bound is certain.
  expect(performance.now() - begun).toBeGreaterThan(300);
  proxy.set(null);
  client.socket.end('the end');
  await answered(client, `${'x'.repeat(2_000)}the end`);
});

test('a stop tears everything down and frees the port', async () => {
  const proxy = await startProxy([await startEcho()]);
  const client = await openClient(proxy);
  await proxy.stop();
  await eventually('the connection is closed', client.isClosed);
  const refused = await openClient(proxy);
  await eventually('nobody listens', refused.isClosed);
});
