import { type ReactNode, useId, useMemo, useState } from 'react';
import { type BytesShown } from '../api-shapes.js';
import { Shown } from '../shown.js';
import { useTexts } from '../texts/texts.js';
import { bytesOfHex, hexDump } from './hex.js';
import { brokenAt } from './json-break.js';
import { type JsonLine, jsonLines } from './json-lines.js';
import { type NamedField, namedFields } from './named-fields.js';

type View = 'json' | 'text' | 'hex';

/** More lines than that are shown when asked for: a browser takes its time for 60,000 elements. */
const linesAtOnce = 1_000;

/** A payload as JSON, text or bytes; what the error's message names in it is pointed at. */
export function PayloadView({ value, message }: { value: BytesShown; message: string }) {
  const t = useTexts();
  const lines = useMemo(() => (value.as === 'text' ? jsonLines(value.shown) : undefined), [value]);
  const views: View[] = value.as === 'hex' ? ['hex'] : lines ? ['json', 'text', 'hex'] : ['text', 'hex'];
  const [chosen, choose] = useState<View>();
  const view = chosen && views.includes(chosen) ? chosen : views[0]!;
  const name = useId();
  return (
    <div className="payload">
      <div className="payload-bar">
        {views.length > 1 && (
          <fieldset className="segments">
            <legend className="hidden-text">{t.payload.view}</legend>
            {views.map((one) => (
              <label key={one}>
                <input type="radio" name={name} checked={one === view} onChange={() => choose(one)} />
                <span>{t.payload.views[one]}</span>
              </label>
            ))}
          </fieldset>
        )}
        <p className="note">
          {t.bytes(value.bytes)}
          {value.isCut && ` · ${t.payload.cut}`}
          {value.as === 'hex' && ` · ${t.payload.notText}`}
        </p>
      </div>
      {view === 'json' && lines && <JsonView lines={lines} message={message} />}
      {view === 'text' && <TextView text={value.shown} isBroken={!lines && !value.isCut} />}
      {view === 'hex' && (
        <Code>{hexDump(value.as === 'hex' ? bytesOfHex(value.shown) : new TextEncoder().encode(value.shown))}</Code>
      )}
    </div>
  );
}

/** Reachable with the keyboard, because it may be wider than the screen. */
const Code = ({ areLines = false, children }: { areLines?: boolean; children: ReactNode }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: else nobody could scroll it without a mouse
  <pre className={areLines ? 'code lines' : 'code'} tabIndex={0}>
    {children}
  </pre>
);

function TextView({ text, isBroken }: { text: string; isBroken: boolean }) {
  const t = useTexts();
  const place = useMemo(() => (isBroken ? brokenAt(text) : undefined), [text, isBroken]);
  return (
    <>
      {place && <p className="pointer">{t.payload.brokenAt(place.line, place.column)}</p>}
      <Code areLines>
        {text === '' ? (
          <span className="note">{t.payload.empty}</span>
        ) : (
          text.split('\n').map((line, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines have nothing else, and never change places
            <span key={index} className={place?.line === index + 1 ? 'line named' : 'line'}>
              <Shown text={line} hasLines />
            </span>
          ))
        )}
      </Code>
    </>
  );
}

function JsonView({ lines, message }: { lines: JsonLine[]; message: string }) {
  const t = useTexts();
  const named = useMemo(() => namedFields(message, lines), [message, lines]);
  const [shown, show] = useState(linesAtOnce);
  return (
    <>
      <Code areLines>
        {lines.slice(0, shown).map((line, index) => (
          <Line
            // biome-ignore lint/suspicious/noArrayIndexKey: lines have nothing else, and never change places
            key={index}
            line={line}
            named={named.filter((field) => field.line === index)}
          />
        ))}
      </Code>
      {lines.length > shown && (
        <button type="button" onClick={() => show(lines.length)}>
          {t.payload.allLines(lines.length)}
        </button>
      )}
    </>
  );
}

function Line({ line, named }: { line: JsonLine; named: NamedField[] }) {
  const t = useTexts();
  return (
    <span className={named.length > 0 ? 'line named' : 'line'}>
      {'  '.repeat(Math.min(line.depth, 30))}
      {line.pieces.map((piece, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: pieces have nothing else, and never change places
        <span key={index} className={`json-${piece.kind}`}>
          <Shown text={piece.text} hasLines />
        </span>
      ))}
      {named.map(({ what, isMissing }) => (
        <span key={what} className="naming">
          {isMissing ? `${t.payload.missing} ` : ''}
          <Shown text={what} />
        </span>
      ))}
    </span>
  );
}
