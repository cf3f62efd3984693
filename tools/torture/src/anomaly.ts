export const anomalyNames = ['lost', 'duplicate', 'reordered', 'phantom', 'stuck'] as const;

/** Something that must not be in a history. */
export interface Anomaly {
  name: (typeof anomalyNames)[number];
  what: string;
}

export const lost = (what: string): Anomaly => ({ name: 'lost', what });
export const duplicate = (what: string): Anomaly => ({ name: 'duplicate', what });
export const reordered = (what: string): Anomaly => ({ name: 'reordered', what });
export const phantom = (what: string): Anomaly => ({ name: 'phantom', what });
export const stuck = (what: string): Anomaly => ({ name: 'stuck', what });
