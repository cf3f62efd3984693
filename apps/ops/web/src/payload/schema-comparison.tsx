import { type DeadLetterShown } from '../api-shapes.js';
import { Shown } from '../shown.js';
import { useNumber, useTexts } from '../texts/texts.js';

type Field = NonNullable<DeadLetterShown['fields']>[number];

/** A payload against the schema of its topic, field by field: what is wanted, what is there. What is wrong comes first. */
export function SchemaComparison({ topic, fields }: { topic: string; fields: readonly Field[] }) {
  const t = useTexts();
  const number = useNumber();
  const wrong = fields.filter(({ faults }) => faults.length > 0);
  return (
    <>
      <p className={wrong.length > 0 ? 'pointer' : 'note'}>
        {wrong.length > 0 ? t.comparison.wrong(number(wrong.length)) : t.comparison.fits}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: else nobody could scroll it without a mouse */}
      <div className="table comparison" tabIndex={0}>
        <table>
          <caption className="hidden-text">{t.comparison.caption(topic)}</caption>
          <thead>
            <tr>
              <th scope="col">{t.comparison.field}</th>
              <th scope="col">{t.comparison.expected}</th>
              <th scope="col">{t.comparison.found}</th>
            </tr>
          </thead>
          <tbody>
            {[...wrong, ...fields.filter(({ faults }) => faults.length === 0)].map((field) => (
              <Row key={field.field} field={field} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Row({ field: { field, expected, isNeeded, found, faults } }: { field: Field }) {
  const t = useTexts();
  return (
    <tr className={faults.length > 0 ? 'wrong' : undefined}>
      <th scope="row" className="mono">
        <Shown text={field} />
      </th>
      <td>
        {expected === null ? (
          <span className="note">{t.comparison.notKnown}</span>
        ) : (
          <>
            <Shown text={expected} /> {isNeeded && <span className="note">{t.comparison.needed}</span>}
          </>
        )}
      </td>
      <td>
        {found === null ? <span className="note">{t.comparison.missing}</span> : t.comparison.types[found]}
        {faults.map((fault) => (
          <span key={fault} className="fault">
            <Shown text={fault} />
          </span>
        ))}
      </td>
    </tr>
  );
}
