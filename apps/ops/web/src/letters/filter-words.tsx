import { hrefOf, Link } from '../address.js';
import { absoluteTime } from '../moment.js';
import { Shown } from '../shown.js';
import { useLanguage } from '../texts/texts.js';
import { type Filter, type FilterField, filterFields } from './filter.js';

/** What a filter asks for, to be read. */
export function FilterWords({ filter }: { filter: Filter }) {
  const { texts: t, language } = useLanguage();
  const words = (field: FilterField, value: string): string => {
    if (field === 'state') return t.letterStates[value as keyof typeof t.letterStates] ?? value;
    return field === 'since' || field === 'until' ? absoluteTime(new Date(value), language) : value;
  };
  const asked = filterFields.flatMap((field) => {
    const value = filter[field];
    return value ? [{ field, value }] : [];
  });
  if (asked.length === 0) return <p>{t.filter.everyOpen}</p>;
  return (
    <dl className="facts">
      {asked.map(({ field, value }) => (
        <div key={field}>
          <dt>{t.filter[field]}</dt>
          <dd>
            {field === 'group' ? (
              <Link href={hrefOf('/letters', { group: value })}>{t.letter.others}</Link>
            ) : (
              <Shown text={words(field, value)} />
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
