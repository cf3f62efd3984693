import { expect, it } from '@jest/globals';
import { fullName, preview } from './preview.js';
import { languages, loadTemplates } from './templates.js';

const templates = loadTemplates();

it('shows every template in every language, from samples that have all it needs', () => {
  for (const name of templates.keys()) {
    for (const language of languages) {
      const { subject, html, text } = preview(name, language, templates);
      expect(html).toContain(`<html lang="${language}">`);
      expect(html).not.toMatch(/\{\w+\}<|undefined/);
      expect(`${subject} ${text}`).not.toMatch(/\{\w+\}|undefined|<\w/);
      expect(subject).not.toBe('');
    }
  }
});

it('names the templates there are when asked for another', () => {
  expect(() => preview('nope', 'ko', templates)).toThrow('there is no template nope; there are notification, ');
});

it('takes the last part of a name for the whole where it can mean one only', () => {
  expect(fullName('campaign', templates)).toBe('notification.requested/campaign');
  expect(fullName('user-signup', templates)).toBe('user-signup');
  expect(fullName('nope', templates)).toBe('nope');
});
