import { type DeliveryState } from '@allim/contracts';

interface ReasonRow {
  state: Extract<DeliveryState, 'suppressed' | 'skipped'>;
  meaning: string;
}

/**
 * Why a planned delivery never leaves the house, in the order in which the rules are asked: the first that applies
 * decides. The words are stable: they stand in the delivery's row.
 */
export const reasons = {
  'no-channel-yet': { state: 'skipped', meaning: 'No app of ours sends by this channel yet.' },
  muted: {
    state: 'suppressed',
    meaning: 'The person does not want this category on this channel, by choice or by default.',
  },
  'no-consent': { state: 'suppressed', meaning: 'A promotion, and the person has not consented to promotions.' },
  'no-address': { state: 'skipped', meaning: "The person's contact has no address of this channel." },
  'no-device': { state: 'skipped', meaning: 'A push, and the person has registered no device.' },
  'no-hour': {
    state: 'suppressed',
    meaning: "The person's quiet hours and the promotion hours of the law together leave no time of the day.",
  },
} as const satisfies Record<string, ReasonRow>;

export type Reason = keyof typeof reasons;
