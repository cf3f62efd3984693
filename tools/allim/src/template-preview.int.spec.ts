import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { workspace } from '@allim/stack';

const state = await mkdtemp(join(tmpdir(), 'allim-preview-'));
afterAll(() => rm(state, { recursive: true }));

const preview = (...names: string[]) =>
  promisify(execFile)(process.execPath, [`${workspace}tools/allim/dist/main.js`, 'template', 'preview', ...names], {
    env: { ...process.env, ALLIM_STATE: state },
  });

it.each(['campaign', 'notification.requested/campaign'])(
  'writes %s as HTML and text in each language',
  async (name) => {
    const files = (await preview(name)).stdout.trim().split('\n');
    expect(files.map((file) => basename(file))).toEqual(
      ['ko.html', 'ko.txt', 'en.html', 'en.txt'].map((end) => `notification.requested.campaign.${end}`),
    );
    const [koHtml, koText, enHtml] = await Promise.all(files.map((file) => readFile(file, 'utf8')));
    expect(koHtml).toMatch(/^<!doctype html>\s*<html lang="ko">/);
    expect(koHtml).toContain('봄맞이');
    expect(koText).toMatch(/^\(광고\) /);
    expect(koText).not.toContain('<');
    expect(enHtml).toContain('<html lang="en">');
  },
);

it('names the templates there are when it is none of them', async () => {
  await expect(preview('nope')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^allim: there is no template nope; there are notification, .*campaign, user-signup\n$/,
    ),
  });
});
