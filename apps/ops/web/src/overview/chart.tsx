import { useState } from 'react';
import { Link } from '../address.js';
import { Shown } from '../shown.js';
import { useLanguage, useNumber, useTexts } from '../texts/texts.js';
import { visible } from '../visible.js';
import { type Series, scaleEnd, stacked, totals, unknownSpans } from './bars.js';

const size = { width: 960, height: 200 };

/** Counts over time as bars, with a table for who cannot see them. `known`: by step; not given: all are. */
export function Chart({
  title,
  series,
  from,
  stepSeconds,
  known,
  tones,
}: {
  title: string;
  series: Series[];
  from: string;
  stepSeconds: number;
  known?: boolean[];
  /** Class of each series, by which it has its colour. */
  tones: string[];
}) {
  const t = useTexts();
  const number = useNumber();
  const time = useTime(stepSeconds);
  const [at, setAt] = useState<number>();
  const steps = known?.length ?? series[0]?.counts.length ?? 0;
  const sums = totals(series, steps);
  const end = scaleEnd(Math.max(0, ...sums));
  const width = size.width / Math.max(1, steps);
  const momentOf = (step: number) => new Date(new Date(from).getTime() + step * stepSeconds * 1000);
  const shown = at === undefined ? undefined : series.filter(({ counts }) => (counts[at] ?? 0) > 0);
  return (
    <figure className="chart">
      <div className="plot">
        <span className="scale" aria-hidden="true">
          <span>{number(end)}</span>
          <span>0</span>
        </span>
        <svg
          viewBox={`0 0 ${size.width} ${size.height}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={title}
          onPointerLeave={() => setAt(undefined)}
          onPointerMove={({ clientX, currentTarget }) => {
            const { left, width: shownWidth } = currentTarget.getBoundingClientRect();
            setAt(Math.min(steps - 1, Math.max(0, Math.floor(((clientX - left) / shownWidth) * steps))));
          }}
        >
          {unknownSpans(known ?? []).map(([first, count]) => (
            <rect key={first} className="unknown" x={first * width} y={0} width={count * width} height={size.height} />
          ))}
          {at !== undefined && <rect className="cursor" x={at * width} y={0} width={width} height={size.height} />}
          {stacked(series, steps, end).map(({ series: index, step, y, height }) => (
            <rect
              key={`${step} ${index}`}
              className={tones[index]}
              x={step * width + width * 0.1}
              y={y * size.height}
              width={width * 0.8}
              height={height * size.height}
            />
          ))}
        </svg>
      </div>
      <p className="axis" aria-hidden="true">
        <span>{time(momentOf(0))}</span>
        <span>{at === undefined ? '' : `${time(momentOf(at))} · ${said(at)}`}</span>
        <span>{t.overview.now}</span>
      </p>
      <ul className="legend">
        {series.map(({ name, href, counts }, index) => (
          <li key={name}>
            <span className={`swatch ${tones[index]}`} aria-hidden="true" />{' '}
            {href ? (
              <Link href={href}>
                <Shown text={name} />
              </Link>
            ) : (
              <Shown text={name} />
            )}{' '}
            <span className="note">{number(counts.reduce<number>((sum, count) => sum + (count ?? 0), 0))}</span>
          </li>
        ))}
        {known?.includes(false) && (
          <li>
            <span className="swatch unknown" aria-hidden="true" /> {t.overview.notKnown}
          </li>
        )}
      </ul>
      <details>
        <summary>{t.overview.asTable}</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: else nobody could scroll it without a mouse */}
        <div className="table" tabIndex={0}>
          <table>
            <caption className="hidden-text">{title}</caption>
            <thead>
              <tr>
                <th scope="col">{t.overview.time}</th>
                {series.map(({ name }) => (
                  <th key={name} scope="col">
                    <Shown text={name} />
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {sums.map((sum, step) =>
                sum === 0 ? null : (
                  <tr key={momentOf(step).getTime()}>
                    <th scope="row">{time(momentOf(step))}</th>
                    {series.map(({ name, counts }) => (
                      <td key={name}>{counts[step] === null ? '–' : number(counts[step] ?? 0)}</td>
                    ))}
                  </tr>
                ),
              )}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );

  function said(step: number): string {
    if (known && !known[step]) return t.overview.notKnown;
    if (!shown || shown.length === 0) return '0';
    return shown
      .slice(0, 3)
      .map(({ name, counts }) => `${visible(name)} ${number(counts[step] ?? 0)}`)
      .join(', ');
  }
}

/** A moment of the axis; the day, too, where it is days. */
function useTime(stepSeconds: number): (at: Date) => string {
  const { language } = useLanguage();
  const isLong = stepSeconds >= 1_800;
  const format = new Intl.DateTimeFormat(language, {
    ...(isLong && { month: 'short', day: 'numeric' }),
    hour: '2-digit',
    minute: '2-digit',
  });
  return (at) => format.format(at);
}
