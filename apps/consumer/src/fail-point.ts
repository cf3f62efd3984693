/** Places between two effects, in their order: where a crash must lose nothing and double nothing. */
export const failPoints = [
  'planned',
  'saved',
  'hinted',
  'letters-acknowledged',
  'resolved',
  'offsets-committed',
] as const;
export type FailPoint = (typeof failPoints)[number];
