import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { useAnswer } from '../api.js';
import { type TopicsShown } from '../api-shapes.js';
import { useTexts } from '../texts/texts.js';
import { type Filter, type FilterField, localMoment, utcMoment } from './filter.js';

/** Says what the list is to show; what is asked stands in the address. */
export function FilterForm({ filter, onFilter }: { filter: Filter; onFilter: (filter: Filter) => void }) {
  const t = useTexts();
  const [asked, setAsked] = useState<Filter>(filter);
  const topics = useAnswer<TopicsShown>('/dead-letters/topics').data?.items ?? [];
  const list = useId();
  const isDetailed = ['class', 'key', 'since', 'until'].some((field) => filter[field as FilterField]);
  const set = (field: FilterField, value: string) => setAsked((before) => ({ ...before, [field]: value }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onFilter(asked);
  };
  const text = (field: FilterField, more: object = {}) => (
    <Field label={t.filter[field]}>
      {(id) => (
        <input
          id={id}
          type="text"
          value={asked[field] ?? ''}
          spellCheck={false}
          autoComplete="off"
          onChange={({ target }) => set(field, target.value)}
          {...more}
        />
      )}
    </Field>
  );
  const moment = (field: 'since' | 'until') => (
    <Field label={t.filter[field]}>
      {(id) => (
        <input
          id={id}
          type="datetime-local"
          value={localMoment(asked[field])}
          onChange={({ target }) => set(field, utcMoment(target.value))}
        />
      )}
    </Field>
  );
  return (
    <search>
      <form className="card filter" onSubmit={submit}>
        {text('topic', { list })}
        <datalist id={list}>
          {topics.map(({ topic }) => (
            <option key={topic} value={topic} />
          ))}
        </datalist>
        {text('text')}
        <Field label={t.filter.state}>
          {(id) => (
            <select
              id={id}
              value={asked.state ?? ''}
              onChange={({ target }) => {
                set('state', target.value);
                onFilter({ ...asked, state: target.value });
              }}
            >
              <option value="">{t.filter.anyState}</option>
              {Object.entries(t.letterStates).map(([state, label]) => (
                <option key={state} value={state}>
                  {label}
                </option>
              ))}
            </select>
          )}
        </Field>
        <details open={isDetailed}>
          <summary>{t.filter.more}</summary>
          <div className="filter-more">
            {text('class')}
            {text('key')}
            {moment('since')}
            {moment('until')}
          </div>
        </details>
        <div className="actions">
          {filter.group && <span className="note">{t.filter.ofGroup}</span>}
          {Object.keys(filter).length > 0 && (
            <button type="button" className="quiet" onClick={() => onFilter({})}>
              {t.filter.clear}
            </button>
          )}
          <button type="submit" className="primary">
            {t.filter.show}
          </button>
        </div>
      </form>
    </search>
  );
}

function Field({ label, children }: { label: string; children: (id: string) => ReactNode }) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children(id)}
    </div>
  );
}
