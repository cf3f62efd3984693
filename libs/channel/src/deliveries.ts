import { type DeliveryStore } from '@allim/store';

/** What a worker needs of the store. Each throws a DatabaseDown while the database is away. */
export type Deliveries = Pick<DeliveryStore, 'claim' | 'conclude' | 'extendLease' | 'forgetDevice' | 'replayOf'>;
