import type { DeadLetterState } from '@allim/contracts';
import type { Command } from './command-line.js';
import type { Ask, Counts, GroupOfLetters, Letter, LetterSummary, TopicOfLetters } from './dlt-api.js';
import type { Filter } from './dlt-filter.js';
import { bytesInLine, letterShown } from './dlt-show.js';
import { type Column, type Screen, type Style, table } from './dlt-table.js';
import { ago, momentShown } from './dlt-time.js';
import { visibleJson } from './dlt-visible.js';

/** What a command says: `said` is what was asked for, `note` is for people and goes to stderr. */
export interface Said {
  said: string;
  note?: string;
  /** Whether all was done. */
  isDone: boolean;
}

/** The most that ops answers at once. */
const pageSize = 200;

export async function dlt(
  command: Extract<Command, { name: 'dlt' }>,
  ask: Ask,
  { screen, now }: { screen: Screen; now: Date },
): Promise<Said> {
  const items = <Row>(data: { items: Row[] }, columns: Column<Row>[], note?: string): Said => {
    if (command.json) return { said: json(data), isDone: true };
    if (data.items.length === 0) return { said: '', note: 'there are no such dead letters.', isDone: true };
    return { said: table(columns, data.items, screen), note, isDone: true };
  };

  switch (command.action) {
    case 'topics':
      return items(await ask<{ items: TopicOfLetters[] }>('/dead-letters/topics'), topicColumns(now));
    case 'groups': {
      const query = { ...command.filter, size: pageSize };
      const groups = await ask<{ items: GroupOfLetters[] }>('/dead-letters/groups', { query });
      const isFull = groups.items.length >= pageSize;
      return items(
        groups,
        groupColumns(now, command.filter),
        isFull ? `there may be more than these ${pageSize} groups.` : undefined,
      );
    }
    case 'list': {
      const letters = await list(ask, command.filter, command.limit);
      const note =
        letters.next === null ? undefined : `there may be more than these ${letters.items.length}: see --limit.`;
      return items(letters, letterColumns(now), note);
    }
    case 'show': {
      const letter = await ask<Letter>(`/dead-letters/${command.number}`);
      return { said: command.json ? json(letter) : letterShown(letter, now, screen), isDone: true };
    }
    case 'discard': {
      const { numbers, reason } = command;
      const answer = await ask<{ discarded: number[] }>('/dead-letters/discard', { body: { numbers, reason } });
      const left = numbers.filter((number) => !answer.discarded.includes(number));
      const said = answer.discarded.length > 0 ? `Discarded: ${answer.discarded.join(', ')}` : '';
      return {
        said: command.json ? json(answer) : said,
        note: left.length > 0 ? `not discarded, for only what is open or parked can be: ${left.join(', ')}` : undefined,
        isDone: left.length === 0,
      };
    }
  }
}

interface LettersPage {
  items: LetterSummary[];
  /** Below which number there may be more; null: there are none. */
  next: number | null;
}

/** The newest cases, page by page. Ops looks so far at a time: where cases are rare, a page may be empty and not the last. */
async function list(ask: Ask, filter: Filter, limit: number): Promise<LettersPage> {
  const items: LetterSummary[] = [];
  for (let before: number | undefined; ; ) {
    const query = { ...filter, before, size: Math.min(pageSize, limit - items.length) };
    const page: LettersPage = await ask('/dead-letters', { query });
    items.push(...page.items);
    if (page.next === null || items.length >= limit) return { items, next: page.next };
    if (!(page.next < (before ?? Number.POSITIVE_INFINITY)))
      throw new Error('ops goes round in circles: its pages do not end.');
    before = page.next;
  }
}

/** The data as ops has answered it. */
const json = (data: unknown) => visibleJson(JSON.stringify(data, null, 2));

const styles: Record<DeadLetterState, Style> = {
  open: 'yellow',
  replaying: 'cyan',
  replayed: 'green',
  parked: 'red',
  discarded: 'dim',
};
const states = Object.keys(styles) as DeadLetterState[];

const countColumn = (state: DeadLetterState): Column<{ counts: Counts }> => ({
  title: state.toUpperCase(),
  text: ({ counts }) => counts[state],
  align: 'right',
  style: ({ counts }) => (counts[state] > 0 ? styles[state] : undefined),
});

/** Where there is little room, how long ago is enough. */
const failedColumns = (now: Date): Column<{ failedAt: string }>[] => [
  { title: 'FAILED (UTC)', text: ({ failedAt }) => momentShown(failedAt), spare: 2 },
  { title: 'AGO', text: ({ failedAt }) => ago(failedAt, now).replace(' ago', ''), align: 'right' },
];

const topicColumns = (now: Date): Column<TopicOfLetters>[] => [
  { title: 'TOPIC', text: ({ topic }) => topic, least: 20 },
  ...states.map(countColumn),
  ...failedColumns(now),
];

/** The id stays whole: it is what `--filter group=` wants. */
const groupColumns = (now: Date, { state }: Filter): Column<GroupOfLetters>[] => [
  { title: 'GROUP', text: ({ id }) => id },
  countColumn(states.find((known) => known === state) ?? 'open'),
  { title: 'ALL', text: ({ counts }) => states.reduce((sum, one) => sum + counts[one], 0), align: 'right' },
  ...failedColumns(now),
  { title: 'TOPIC', text: ({ topic }) => topic, least: 10 },
  { title: 'CLASS', text: ({ errorClass }) => errorClass, least: 8, spare: 1 },
  { title: 'MESSAGE', text: ({ pattern }) => pattern, least: 16 },
];

const letterColumns = (now: Date): Column<LetterSummary>[] => [
  { title: 'NUMBER', text: ({ number }) => number, align: 'right' },
  { title: 'STATE', text: ({ state }) => state, style: ({ state }) => styles[state] },
  { title: 'TIMES', text: ({ failures }) => failures, align: 'right', spare: 1 },
  ...failedColumns(now),
  { title: 'TOPIC', text: ({ topic }) => topic, least: 12 },
  { title: 'CLASS', text: ({ errorClass }) => errorClass, least: 8 },
  { title: 'KEY', text: ({ key }) => key && bytesInLine(key), least: 8, spare: 3 },
  { title: 'MESSAGE', text: ({ message }) => message, least: 24 },
];
