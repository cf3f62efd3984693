import { styleText } from 'node:util';
import { visible } from './dlt-visible.js';
import { cut, widthOf } from './dlt-width.js';

export type Style = Parameters<typeof styleText>[0];

/** What is printed on. */
export interface Screen {
  columns: number;
  isColoured: boolean;
}

const columnsElsewhere = 100;

/** A file or a program gets 100 columns and no colours, a terminal its own unless NO_COLOR is set. */
export function screenOf(stdout: { isTTY?: boolean; columns?: number }, { NO_COLOR, TERM }: NodeJS.ProcessEnv): Screen {
  return {
    columns: (stdout.isTTY && stdout.columns) || columnsElsewhere,
    isColoured: stdout.isTTY === true && !NO_COLOR && TERM !== 'dumb',
  };
}

export const styled = (style: Style | undefined, text: string, { isColoured }: Screen): string =>
  isColoured && style ? styleText(style, text, { validateStream: false }) : text;

export interface Column<Row> {
  title: string;
  /** Of unknown origin; it is made visible here. */
  text: (row: Row) => string | number | null;
  align?: 'right';
  /** May be cut down to so many columns of the terminal; without it, the column stays whole. */
  least?: number;
  /** Left out where the others would have less than their least, the highest first. */
  spare?: number;
  style?: (row: Row) => Style | undefined;
}

const gap = '  ';

/** Lines no longer than the terminal is wide: the widest of the columns that may be cut give way first. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], screen: Screen): string {
  const measured = columns.map((column) => {
    const cells = rows.map((row) => visible(String(column.text(row) ?? '–')));
    const width = cells.reduce((widest, cell) => Math.max(widest, widthOf(cell)), widthOf(column.title));
    return { column, cells, width };
  });
  const shown = fitting(measured, screen.columns);
  const line = (cells: { text: string; style: Style | undefined }[]) => {
    const fitted = cells.map(({ text }, at) => padded(cut(text, shown[at]!.width), shown[at]!));
    const plain = fitted.map(({ before, text, after }) => before + text + after).join(gap);
    // Where even numbers and times do not fit side by side.
    if (widthOf(plain.trimEnd()) > screen.columns) return cut(plain, screen.columns);
    return fitted
      .map(({ before, text, after }, at) => before + styled(cells[at]!.style, text, screen) + after)
      .join(gap)
      .trimEnd();
  };
  const titles = line(shown.map(({ column }) => ({ text: column.title, style: 'bold' })));
  const body = rows.map((row, index) =>
    line(shown.map(({ column, cells }) => ({ text: cells[index]!, style: column.style?.(row) }))),
  );
  return [titles, ...body].join('\n');
}

interface Measured<Row> {
  column: Column<Row>;
  cells: string[];
  width: number;
}

function fitting<Row>(measured: readonly Measured<Row>[], columns: number): Measured<Row>[] {
  const least = ({ column, width }: Measured<Row>) => Math.min(width, column.least ?? width);
  let shown = [...measured];
  while (total(shown.map(least)) > columns) {
    const spare = Math.max(...shown.map(({ column }) => column.spare ?? 0));
    if (spare === 0) break;
    shown = shown.filter(({ column }) => column.spare !== spare);
  }
  const fitted = shown.map((one) => ({ ...one }));
  while (total(fitted.map(({ width }) => width)) > columns) {
    const widest = fitted
      .filter((one) => one.width > least(one))
      .reduce<Measured<Row> | undefined>((a, b) => (a && a.width >= b.width ? a : b), undefined);
    if (!widest) break;
    widest.width--;
  }
  return fitted;
}

const total = (widths: number[]) => widths.reduce((sum, width) => sum + width, gap.length * (widths.length - 1));

function padded<Row>(text: string, { column, width }: Measured<Row>) {
  const blanks = ' '.repeat(width - widthOf(text));
  return column.align === 'right' ? { before: blanks, text, after: '' } : { before: '', text, after: blanks };
}
