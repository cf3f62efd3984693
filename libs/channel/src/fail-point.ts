/** Places between two effects, in their order: where a crash must lose nothing. */
export const channelPoints = ['claimed', 'sent', 'concluding', 'concluded'] as const;

export type ChannelPoint = (typeof channelPoints)[number];
