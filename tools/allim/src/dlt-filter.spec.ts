import { deadLetterStates, replayItemStates } from '@allim/contracts';
import { filterStates, jobLetterStates, readFilter } from './dlt-filter.js';

const group = '0123456789abcdef0123456789abcdef';

it.each([
  ['', 'a filter without anything'],
  ['topic', 'no value'],
  ['=x', 'no field'],
  ['topic=a,', 'a comma too many'],
  ['colour=red', 'an unknown field'],
  ['Topic=a', 'a field in capitals'],
  ['topic=', 'an empty value'],
  ['topic=a,topic=a', 'a field twice'],
  ['state=shut', 'an unknown state'],
  ['group=12', 'half an id'],
  ['since=yesterday', 'no moment'],
  ['since=2026-02-30', 'a day that there is not'],
  ['since=2026-02-06 25:00', 'an hour that there is not'],
  ['since=2026-02-06T10:00:00+09:00', 'another zone'],
])('refuses "%s": %s', (text) => {
  expect(() => readFilter([text])).toThrow(/^--filter: .*expected/);
});

it.each([
  ['topic=a.b', { topic: 'a.b' }],
  ['topic=a.b, class=handler,state=open', { topic: 'a.b', class: 'handler', state: 'open' }],
  ['text=x=1', { text: 'x=1' }],
  ['text=a\\,b\\,c,key=k', { text: 'a,b,c', key: 'k' }],
  ['key=C:\\x ', { key: 'C:\\x ' }],
  ['text=two\nlines', { text: 'two\nlines' }],
  [`group=${group}`, { group }],
  ['since=2026-02-06', { since: '2026-02-06T00:00:00.000Z' }],
  ['until=2026-02-06 10:30', { until: '2026-02-06T10:30:00.000Z' }],
  ['since=2026-02-06 10:30:15', { since: '2026-02-06T10:30:15.000Z' }],
  ['since=2026-02-06T10:30:15.25Z', { since: '2026-02-06T10:30:15.250Z' }],
])('understands "%s"', (text, filter) => {
  expect(readFilter([text])).toEqual(filter);
});

it('is one filter in several parts', () => {
  expect(readFilter(['topic=a', 'key=k'])).toEqual({ topic: 'a', key: 'k' });
  expect(() => readFilter(['topic=a', 'topic=b'])).toThrow('--filter: topic stands there twice');
});

it('takes the fields that make sense where it stands', () => {
  expect(() => readFilter(['key=k'], ['topic', 'state'])).toThrow('expected some of topic, state');
});

it('takes the states that make sense where it stands', () => {
  expect(readFilter(['state=skipped'], ['state'], jobLetterStates)).toEqual({ state: 'skipped' });
  expect(() => readFilter(['state=open'], ['state'], jobLetterStates)).toThrow('expected one of pending, claimed');
});

it('knows every state', () => {
  expect(filterStates).toEqual([...deadLetterStates]);
  expect(jobLetterStates).toEqual([...replayItemStates]);
});
