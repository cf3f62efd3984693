import type { Letter, ShownBytes } from './dlt-api.js';
import { type Screen, styled } from './dlt-table.js';
import { ago, momentShown } from './dlt-time.js';
import { indentedJson, visible, visibleLines } from './dlt-visible.js';

/**
 * Everything about one case, in sections. What is not ours stands indented, so that no payload can look like a section.
 */
export function letterShown(letter: Letter, now: Date, screen: Screen): string {
  const moment = (iso: string | null) => (iso === null ? 'unknown' : `${momentShown(iso)} UTC (${ago(iso, now)})`);
  const times = (count: number) => (count === 1 ? 'once' : `${count} times`);
  const { number, state, errorType, attempts } = letter;
  const faults = (letter.fields ?? []).flatMap(({ field, faults: wrong }) =>
    wrong.map((fault) => visible(`${field}: ${fault}`)),
  );
  const sections = [
    {
      title: `Dead letter ${number}: ${state}`,
      lines: fields({
        topic: [letter.topic, ...placeOf(letter)].join(', '),
        'consumer group': letter.consumerGroup ?? 'unknown',
        key: letter.key ? visible(bytesInLine(letter.key)) : letter.isMasked ? hidden : 'none',
        failed: `${times(letter.failures)}, first ${moment(letter.firstFailedAt)}, last ${moment(letter.failedAt)}`,
        attempts: attempts === null ? 'unknown' : `${attempts}, the last time`,
        replays: `${letter.replays}`,
        record: moment(letter.recordTimestamp),
        letter: [letter.letter.topic, ...placeOf(letter.letter)].join(', '),
        group: letter.group,
      }),
    },
    {
      title: 'Error',
      lines: fields({ class: letter.errorClass, type: errorType ?? 'unknown', message: letter.message }),
    },
    {
      title: 'Headers',
      lines: letter.isMasked
        ? [hidden]
        : letter.headers.length === 0
          ? ['none']
          : letter.headers.map(({ name, value }) => `${visible(name)}: ${visible(bytesInLine(value))}`),
    },
    payload(letter),
    ...(faults.length > 0 ? [{ title: 'Against its schema', lines: faults }] : []),
    ...(letter.jobs.length > 0 ? [{ title: 'Replay jobs', lines: letter.jobs.map(jobInLine) }] : []),
    { title: 'Stack', lines: letter.stack === '' ? ['none'] : visibleLines(letter.stack.trimEnd()) },
  ];
  return sections
    .map(({ title, lines }) => [styled('bold', visible(title), screen), ...lines.map((line) => `  ${line}`)].join('\n'))
    .join('\n\n');
}

const jobInLine = ({ job, state, letter, startedBy, reason }: Letter['jobs'][number]): string =>
  visible(
    `${job}: ${state}, this one ${letter}${startedBy === null ? '' : `; started by ${startedBy}`}${reason === null ? '' : `: ${reason}`}`,
  );

const hidden = 'hidden: the token has not the scope ops:payload';

const placeOf = ({ partition, offset }: { partition: number | null; offset: string | null }) => [
  ...(partition === null ? [] : [`partition ${partition}`]),
  ...(offset === null ? [] : [`offset ${offset}`]),
];

/** Names and values beside each other; a value may have several lines, and is made visible here. */
export function fields(named: Record<string, string>): string[] {
  const width = Math.max(...Object.keys(named).map((name) => name.length));
  return Object.entries(named).flatMap(([name, value]) =>
    visibleLines(value).map((line, index) => `${(index === 0 ? name : '').padEnd(width)}  ${line}`),
  );
}

/** Not made visible yet. */
export const bytesInLine = ({ as, shown, bytes, isCut }: ShownBytes) =>
  `${as === 'hex' ? `0x${shown}` : shown}${isCut ? `… (${bytes} bytes)` : ''}`;

function payload({ value, valueBytes, isMasked }: Letter): { title: string; lines: string[] } {
  if (isMasked) return { title: 'Payload', lines: [hidden] };
  if (value === null) return { title: 'Payload', lines: [valueBytes === null ? 'none' : 'not kept'] };
  const { as, shown, bytes, isCut } = value;
  const json = as === 'text' && !isCut ? indentedJson(shown) : undefined;
  const kind = as === 'hex' ? 'binary' : json === undefined ? 'text' : 'JSON';
  const lines = json?.split('\n') ?? (as === 'hex' ? hexDump(shown) : visibleLines(shown));
  return { title: `Payload: ${bytes} bytes, ${kind}${isCut ? ', the beginning of it' : ''}`, lines };
}

const bytesPerLine = 16;

/** As `hexdump -C` prints it. */
export function hexDump(hex: string): string[] {
  const bytes = Buffer.from(hex, 'hex');
  return Array.from({ length: Math.ceil(bytes.length / bytesPerLine) }, (_, line) => {
    const offset = line * bytesPerLine;
    const row = bytes.subarray(offset, offset + bytesPerLine);
    const digits = [...row].map((byte) => byte.toString(16).padStart(2, '0'));
    const halves = [digits.slice(0, 8), digits.slice(8)].map((half) => half.join(' ').padEnd(23));
    const text = row.toString('latin1').replace(/[^ -~]/g, '.');
    return `${offset.toString(16).padStart(8, '0')}  ${halves.join('  ')}  |${text}|`;
  });
}
