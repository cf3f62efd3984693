import { address, wholeNumber } from '@allim/platform';

/** Settings of every program that talks to the database; an app spreads them into its own `config.ts`. */
export const storeSettings = {
  DATABASE_URL: address('mysql').describe('MySQL 8 or MariaDB 10.11, as mysql://user:password@host:port/database.'),
  DATABASE_CONNECTIONS: wholeNumber({ min: 2, max: 200 }).default(10).describe('Connections to the database, at most.'),
};
