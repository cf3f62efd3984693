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
