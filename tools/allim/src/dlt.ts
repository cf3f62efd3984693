import type { Command } from './command-line.js';
import type { Ask, Deed, GroupOfLetters, Job, JobLetter, Letter, LetterSummary, TopicOfLetters } from './dlt-api.js';
import { deedColumns, groupColumns, jobColumns, jobLetterColumns, letterColumns, topicColumns } from './dlt-columns.js';
import { howTo, jobSentence, jobShown } from './dlt-job-shown.js';
import { type Page, pageSize, pages } from './dlt-pages.js';
import { letterShown } from './dlt-show.js';
import { type Column, type Screen, table } from './dlt-table.js';
import { visibleJson } from './dlt-visible.js';

/** What a command says: `said` is what was asked for, `note` is for people and goes to stderr. */
export interface Said {
  said: string;
  note?: string;
  /** Whether all was done. */
  isDone: boolean;
}

/** What takes one question; for the others see dlt-replay.ts. */
type Question = Exclude<Extract<Command, { name: 'dlt' }>, { action: 'replay' | 'job follow' }>;

export async function dlt(command: Question, ask: Ask, { screen, now }: { screen: Screen; now: Date }): Promise<Said> {
  const items = <Row>(data: { items: Row[] }, columns: Column<Row>[], note?: string, things = 'dead letters'): Said => {
    if (command.json) return { said: json(data), isDone: true };
    if (data.items.length === 0) return { said: '', note: `there are no such ${things}.`, isDone: true };
    return { said: table(columns, data.items, screen), note, isDone: true };
  };
  const page = <Row>(found: Page<Row>, columns: Column<Row>[], things?: string): Said => {
    const note = found.next === null ? undefined : `there may be more than these ${found.items.length}: see --limit.`;
    return items(found, columns, note, things);
  };

  const moved = (job: Job): Said => ({ said: command.json ? json(job) : jobSentence(job), isDone: true });

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
    case 'list':
      return page(await pages<LetterSummary>(ask, '/dead-letters', command.filter, command.limit), letterColumns(now));
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
    case 'job list':
      return page(await pages<Job>(ask, '/replay-jobs', {}, command.limit), jobColumns(now), 'replay jobs');
    case 'job show': {
      const job = await ask<Job>(`/replay-jobs/${command.job}`);
      return { said: command.json ? json(job) : jobShown(job, now, screen), isDone: true };
    }
    case 'job letters': {
      const path = `/replay-jobs/${command.job}/letters`;
      return page(
        await pages<JobLetter>(ask, path, command.filter, command.limit, 'after'),
        jobLetterColumns,
        'letters in this job',
      );
    }
    case 'job start': {
      const { reason, rate } = command;
      const job = await ask<Job>(`/replay-jobs/${command.job}/start`, { body: { reason, rate } });
      return { ...moved(job), note: `follow it: ${howTo.follow(command.job)}` };
    }
    case 'job pause':
    case 'job resume':
    case 'job cancel': {
      const move = command.action.replace('job ', '');
      const job = await ask<Job>(`/replay-jobs/${command.job}/${move}`, { body: { reason: command.reason } });
      return moved(job);
    }
    case 'audit':
      return page(await pages<Deed>(ask, '/audit', {}, command.limit), deedColumns, 'entries');
  }
}

/** The data as ops has answered it. */
export const json = (data: unknown) => visibleJson(JSON.stringify(data, null, 2));
