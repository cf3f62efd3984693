/** @returns `2026-02-06 10:00:00`, in UTC; `–` for null */
export function momentShown(iso: string | null): string {
  if (iso === null) return '–';
  const moment = new Date(iso);
  return Number.isNaN(moment.getTime()) ? iso : moment.toISOString().slice(0, 19).replace('T', ' ');
}

const units = [
  { name: 'd', seconds: 86_400 },
  { name: 'h', seconds: 3_600 },
  { name: 'min', seconds: 60 },
];

/** @returns `3 h ago`, in the greatest unit that there is a whole one of; `0 s ago` for what a clock ahead of ours says */
export function ago(iso: string, now: Date): string {
  const seconds = Math.max(0, Math.floor((now.getTime() - new Date(iso).getTime()) / 1_000));
  const unit = units.find((one) => seconds >= one.seconds) ?? { name: 's', seconds: 1 };
  return `${Math.floor(seconds / unit.seconds)} ${unit.name} ago`;
}

/** @returns `3 min 20 s`: the two greatest units, rounded up */
export function duration(seconds: number): string {
  const whole = Math.max(1, Math.ceil(seconds));
  const at = [...units, { name: 's', seconds: 1 }];
  const first = at.findIndex((unit) => whole >= unit.seconds);
  const [great, small] = [at[first]!, at[first + 1]];
  if (!small) return `${whole} s`;
  const count = Math.ceil(whole / small.seconds);
  const perGreat = great.seconds / small.seconds;
  const parts = [
    { unit: great, count: Math.floor(count / perGreat) },
    { unit: small, count: count % perGreat },
  ];
  return parts
    .filter((part) => part.count > 0)
    .map((part) => `${part.count} ${part.unit.name}`)
    .join(' ');
}
