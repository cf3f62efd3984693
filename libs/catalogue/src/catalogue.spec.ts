import { z } from 'zod';
import { assemble, entries } from './catalogue.js';
import { defineEvent } from './entry.js';
import { announcement } from './templates/announcement.js';
import { byName, templates } from './templates/templates.js';
import { languages, messageFiles } from './texts/texts.js';

const texts = { title: 'Title', message: '{name}' };
const entry = (topic: string) =>
  defineEvent({ topic, category: 'account', schema: z.object({}), notify: () => null, sample: () => ({}) });

describe('catalogue', () => {
  it('knows all topics of the specification', () => {
    expect(entries.map(({ topic }) => topic).sort()).toEqual([
      'blog.comment.replied',
      'blog.post.commented',
      'blog.post.liked',
      'blog.user.followed',
      'notification.requested',
      'prism.task.completed',
      'prism.task.failed',
      'shopping.coupon.issued',
      'shopping.delivery.shipped',
      'shopping.order.cancelled',
      'shopping.order.confirmed',
      'shopping.order.created',
      'shopping.payment.completed',
      'shopping.payment.failed',
      'shopping.timedeal.started',
      'user-signup',
    ]);
  });

  it('refuses two entries for one topic', () => {
    expect(() => assemble([entry('a'), entry('b'), entry('a')], { ko: { a: texts, b: texts }, en: {} })).toThrow(
      'two catalogue entries (number 1 and 3) claim the topic a',
    );
  });

  it.each(languages)('refuses a topic without texts in %s', (language) => {
    const files = { ko: { a: texts }, en: { a: texts }, [language]: {} };
    expect(() => assemble([entry('a')], files)).toThrow(`topic a has no texts "a" in texts/${language}.ts`);
  });

  it('refuses a template without texts', () => {
    const { 'notification.requested/announcement': _, ...en } = messageFiles.en;
    expect(() => assemble(entries, { ...messageFiles, en })).toThrow(
      'topic notification.requested has no texts "notification.requested/announcement" in texts/en.ts',
    );
  });

  it('refuses texts that belong to no entry', () => {
    expect(() => assemble([entry('a')], { ko: { a: texts, typo: texts }, en: { a: texts } })).toThrow(
      'texts/ko.ts has texts "typo"',
    );
  });

  it('refuses a text that is no ICU message', () => {
    expect(() => assemble([entry('a')], { ko: { a: texts }, en: { a: { ...texts, message: '{name' } } })).toThrow(
      'the en text of a is not an ICU message: {name',
    );
  });

  it('takes a "<" in a text for a "<"', () => {
    const files = { a: { ...texts, message: '1 < 2 <b>{name}</b>' } };
    const { message } = assemble([entry('a')], { ko: files, en: files }).formats('ko', 'a');
    expect(message({ name: '<i>' })).toBe('1 < 2 <b><i></b>');
  });

  it('has no entry that is critical: only what a person waits for is', () => {
    expect(entries.filter(({ critical }) => critical)).toEqual([]);
    expect(templates.filter(({ critical }) => critical).map(({ name }) => name)).toEqual(['auth_code']);
    const urgent = defineEvent({
      topic: 'urgent',
      category: 'account',
      critical: true,
      schema: z.object({}),
      notify: () => ({ to: 'user-1', type: 'SYSTEM', reference: { type: 'urgent', id: '1' }, params: {} }),
      sample: () => ({}),
    });
    expect(urgent.plan({})).toMatchObject({ critical: true, contact: null });
  });

  it.each(templates)('the sample of $name is one', (template) => {
    expect(() => template.read(template.sample)).not.toThrow();
  });

  it('refuses two templates of one name', () => {
    expect(() => byName([announcement, announcement])).toThrow('two templates are named announcement');
  });
});
