/** The engine that we run keeps the contract. */

import { connect } from '#db/client.ts';
import { createPostgresEngine } from '#origin/search/postgres-engine.ts';
import { createTestDatabase } from '#test/support/stack.ts';
import { searchEngineContract } from './search-engine.contract.ts';

searchEngineContract('PostgreSQL', async () => {
  const database = await createTestDatabase();
  const { db, close } = connect(database.url, { applicationName: 'search-contract' });
  return {
    engine: createPostgresEngine({ db, reader: (read) => read(db) }),
    close: async () => {
      await close();
      await database.drop();
    },
  };
});
