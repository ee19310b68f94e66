/** The engine that we run keeps the contract, within its limits and past them. */

import { connect } from '#db/client.ts';
import { WAL_START } from '#db/wal.ts';
import { createPostgresEngine } from '#origin/search/postgres-engine.ts';
import { createTestDatabase } from '#test/support/stack.ts';
import { searchEngineContract } from './search-engine.contract.ts';
import { sortedPagesContract } from './search-engine-sorted.contract.ts';

async function openDatabase() {
  const database = await createTestDatabase();
  const { db, close } = connect(database.url, { applicationName: 'search-contract' });
  return {
    connections: {
      db,
      reader: <T>(read: (from: typeof db) => Promise<T>) => read(db),
      latestPosition: async () => WAL_START,
    },
    close: async () => {
      await close();
      await database.drop();
    },
  };
}

searchEngineContract('PostgreSQL', async () => {
  const { connections, close } = await openDatabase();
  return { engine: createPostgresEngine(connections), close };
});

sortedPagesContract(
  'PostgreSQL',
  async () => {
    const { connections, close } = await openDatabase();
    return { engines: [createPostgresEngine(connections)], close };
  },
  6_000,
);

sortedPagesContract(
  'PostgreSQL with small limits',
  async () => {
    const { connections, close } = await openDatabase();
    const [one, ...more] = [
      { maxRanked: 1, maxWalked: 1 },
      { maxRanked: 5, maxWalked: 7 },
      { maxRanked: 3, maxWalked: 60 },
      { maxRanked: 50, maxWalked: 1_000 },
    ].map((rows) => createPostgresEngine(connections, { rows }));
    if (one === undefined) throw new Error('unreachable');
    return { engines: [one, ...more], close };
  },
  300,
);
