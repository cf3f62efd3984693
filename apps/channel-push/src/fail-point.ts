import { type ChannelPoint } from '@allim/channel';

/** Places between two effects, in their order: where a crash must lose nothing. */
export const failPoints = ['claimed', 'sent', 'concluding', 'concluded'] as const satisfies readonly ChannelPoint[];
