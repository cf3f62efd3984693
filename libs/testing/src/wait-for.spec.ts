import { waitFor } from './wait-for.js';

it('answers what the fact has answered, as soon as it holds', async () => {
  const answers = [undefined, 0, '', 'here'];
  expect(await waitFor(() => answers.shift(), { what: 'the last one', everyMs: 1 })).toBe('here');
});

it('takes an error for "not yet"', async () => {
  let tries = 0;
  const fact = () => {
    tries += 1;
    expect(tries).toBe(3);
    return true;
  };
  await waitFor(fact, { what: 'the third try', everyMs: 1 });
  expect(tries).toBe(3);
});

it.each([
  [() => null, 'Waited 5 ms for rain; last seen: null'],
  [() => Promise.reject(new Error('drought')), 'Waited 5 ms for rain; last seen: drought'],
])('says what it has waited for', async (fact, message) => {
  await expect(waitFor(fact, { what: 'rain', timeoutMs: 5, everyMs: 1 })).rejects.toThrow(message);
});
