import { useEffect, useState } from 'react';
import { type Language, useLanguage } from './texts/texts.js';

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ['minute', 60],
  ['hour', 3_600],
  ['day', 86_400],
  ['month', 30.4 * 86_400],
  ['year', 365 * 86_400],
];

/** "3 minutes ago"; less than a minute is "now", so that nothing has to tick. */
export function relativeTime(at: Date, now: number, language: Language): string {
  let [count, unit]: [number, Intl.RelativeTimeFormatUnit] = [0, 'second'];
  for (const [name, seconds] of units) {
    if (now - at.getTime() < seconds * 1000) break;
    unit = name;
    count = -Math.trunc((now - at.getTime()) / 1000 / seconds);
  }
  return new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(count, unit);
}

export const absoluteTime = (at: Date, language: Language): string =>
  new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' }).format(at);

/** A moment in words and in figures. `isShort`: the figures as a hint only. */
export function Moment({ at, isShort = false }: { at: string; isShort?: boolean }) {
  const { language } = useLanguage();
  const now = useNow();
  const date = new Date(at);
  const absolute = absoluteTime(date, language);
  return (
    <time dateTime={at} title={isShort ? absolute : undefined}>
      {relativeTime(date, now, language)}
      {!isShort && <span className="absolute"> · {absolute}</span>}
    </time>
  );
}

/** The time, anew twice a minute. */
function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** "1 h 5 min", "12 s". */
export function duration(seconds: number, language: Language): string {
  const part = (value: number, unit: 'hour' | 'minute' | 'second') =>
    new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short' }).format(value);
  const whole = Math.max(1, Math.ceil(seconds));
  if (whole < 60) return part(whole, 'second');
  const minutes = Math.ceil(whole / 60);
  if (minutes < 60) return part(minutes, 'minute');
  const rest = minutes % 60;
  return `${part(Math.floor(minutes / 60), 'hour')}${rest > 0 ? ` ${part(rest, 'minute')}` : ''}`;
}
