import { ask, hold } from './hold.js';

it('is held by one at a time, says by whom, and can be given back', async () => {
  expect(await ask('test')).toBeUndefined();
  const release = await hold('test', () => ({ about: '알림' }));
  expect(await hold('test', () => ({}))).toBeUndefined();
  expect(await ask('test')).toEqual({ pid: process.pid, about: '알림' });
  await release?.();
  expect(await ask('test')).toBeUndefined();
});
