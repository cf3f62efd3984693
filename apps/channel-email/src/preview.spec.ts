import { expect, it } from '@jest/globals';
import { preview } from './preview.js';
import { languages, loadTemplates } from './templates.js';

const templates = loadTemplates();

it('shows every template in every language, from samples that have all it needs', () => {
  for (const name of templates.keys()) {
    for (const language of languages) {
      const html = preview(name, language, templates);
      expect(html).toContain(`<html lang="${language}">`);
      expect(html).not.toMatch(/\{\w+\}<|undefined/);
    }
  }
});

it('names the templates there are when asked for another', () => {
  expect(() => preview('nope', 'ko', templates)).toThrow('there is no template nope; there are notification, ');
});
