import { type ChannelPoint } from '@allim/channel';
import { z } from 'zod';

/** Places between two effects, in their order: where a crash must lose nothing. */
export const failPoints = ['claimed', 'sent', 'concluding', 'concluded'] as const satisfies readonly ChannelPoint[];

export const failPointSetting = z
  .string()
  .regex(
    new RegExp(`^(${failPoints.join('|')}):[1-9]\\d*$`),
    `expected one of ${failPoints.join(', ')}, a colon and a number`,
  )
  .optional()
  .describe('For fault tests only: the process is killed (SIGKILL) the nth time it passes this point, e.g. sent:3.');

/** Answers what is to be called at each point. */
export function armFailPoint(setting: string | undefined): (point: ChannelPoint) => void {
  if (setting === undefined) return () => {};
  const [armed, times] = setting.split(':');
  let left = Number(times);
  return (point) => {
    if (point === armed && --left === 0) process.kill(process.pid, 'SIGKILL');
  };
}
