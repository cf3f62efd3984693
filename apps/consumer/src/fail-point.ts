import { z } from 'zod';

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

export const failPointSetting = z
  .string()
  .regex(
    new RegExp(`^(${failPoints.join('|')}):[1-9]\\d*$`),
    `expected one of ${failPoints.join(', ')}, a colon and a number`,
  )
  .optional()
  .describe('For fault tests only: the process is killed (SIGKILL) the nth time it passes this point, e.g. saved:3.');

/** Answers what is to be called at each point. */
export function armFailPoint(setting: string | undefined): (point: FailPoint) => void {
  if (setting === undefined) return () => {};
  const [armed, times] = setting.split(':');
  let left = Number(times);
  return (point) => {
    if (point === armed && --left === 0) process.kill(process.pid, 'SIGKILL');
  };
}
