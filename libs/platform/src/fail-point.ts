import { z } from 'zod';

/** The setting that names one of a program's `points`, places between two effects, and when to die there: `saved:3`. */
export const failPointSetting = (points: readonly string[]) =>
  z
    .string()
    .regex(
      new RegExp(`^(${points.join('|')}):[1-9]\\d*$`),
      `expected one of ${points.join(', ')}, a colon and a number`,
    )
    .optional()
    .describe(
      `For fault tests only: the process is killed (SIGKILL) the nth time it passes this point, e.g. ${points[1]}:3.`,
    );

/** Answers what is to be called at each point. */
export function armFailPoint<Point extends string>(setting: string | undefined): (point: Point) => void {
  if (setting === undefined) return () => {};
  const [armed, times] = setting.split(':');
  let left = Number(times);
  return (point) => {
    if (point === armed && --left === 0) process.kill(process.pid, 'SIGKILL');
  };
}
