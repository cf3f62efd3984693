import { cpSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readUnsubscribeToken } from '@allim/catalogue';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mailSettings, outgoing } from './outgoing.fixture.js';
import { mailRenderer } from './render-mail.js';
import { languages, loadTemplates, templateFolder } from './templates.js';

const templates = loadTemplates();
const renderMail = mailRenderer(templates, mailSettings);

const hostile = [
  'Kim\r\nBcc: thief@evil.example',
  'bcc: thief@evil.example',
  '<img src=x onerror=alert(1)>',
  '"><script>alert(1)</script>',
  '{{constructor}}',
  '{{{__proto__.constructor.constructor "return 1"}}}',
  '\u202egnp.exe\u202c \u0000\u0007\ufeff',
  "' style='display:none",
  '\ud800 half',
];

/** The tags of a page, so that what a text adds to them is seen. */
const tags = (html: string) => html.match(/<[a-z!/][^>]*>/gi)?.map((tag) => /^<[^\s>]+/.exec(tag)?.[0]);

describe('renderMail', () => {
  it('has the title as subject, and title, message, link and reason in HTML and text', () => {
    const mail = renderMail(outgoing());
    expect(mail.subject).toBe('주문이 확정되었습니다');
    expect(mail.unsubscribe).toBeNull();
    expect(mail.html).toContain('<html lang="ko">');
    expect(mail.html).toContain('href="https://portal.example.com/shopping/orders/ORD-1"');
    expect(mail.html).not.toContain('수신거부');
    expect(mail.text).toBe(
      [
        '주문이 확정되었습니다',
        '',
        '주문번호: ORD-1 - 45,000원',
        '',
        '자세히 보기: https://portal.example.com/shopping/orders/ORD-1',
        '',
        '--',
        'Portal Universe',
        '회원님의 계정에 새 알림이 있어 보내드리는 메일입니다. 알림 설정에서 받을 알림을 고를 수 있습니다.',
        '',
      ].join('\n'),
    );
  });

  it('has no button without a link, nor for one that leads elsewhere than it looks', () => {
    for (const link of [
      null,
      '//evil.example/x',
      '/\\evil.example',
      'javascript:alert(1)',
      'https://a@evil.example/',
    ]) {
      const mail = renderMail(outgoing({ link }));
      expect(mail.html).not.toContain('<a ');
      expect(mail.text).not.toMatch(/자세히 보기|evil|javascript/);
    }
  });

  it('keeps the line breaks of a message, and of nothing else', () => {
    const mail = renderMail(outgoing({ title: 'one\r\ntwo', message: 'first\r\nsecond\n\n\n\nthird' }));
    expect(mail.subject).toBe('one two');
    expect(mail.text).toContain('first\nsecond\n\nthird');
  });

  it.each(hostile)('renders %j inert as title, message, name and parameter', (text) => {
    const params = { name: text, code: text, minutes: text };
    for (const key of templates.keys()) {
      for (const language of languages) {
        for (const category of ['order', 'promotion']) {
          const given = { text: key, language, category, title: text, message: text, params };
          const harmless = { ...given, title: 'x', message: 'x', params: { name: 'x', code: 'x', minutes: 'x' } };
          const mail = renderMail(outgoing(given));
          expect(tags(mail.html)).toEqual(tags(renderMail(outgoing(harmless)).html));
          expect(mail.subject).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\ufeff]/u);
          expect(mail.html.replaceAll('\n', '')).not.toMatch(/function Object|[\p{Cc}\u202e\ufeff]/u);
          expect(mail.text.replaceAll('\n', '')).not.toMatch(/function Object|[\p{Cc}\u202e\ufeff]/u);
          expect(mail.html.isWellFormed() && mail.text.isWellFormed() && mail.subject.isWellFormed()).toBe(true);
        }
      }
    }
  });

  it('shows template syntax as it was written', () => {
    const mail = renderMail(outgoing({ title: '{{constructor}}', message: '{{title}} {{{params}}}' }));
    expect(mail.subject).toBe('{{constructor}}');
    expect(mail.text).toContain('{{title}} {{{params}}}');
    expect(mail.html).toContain('{{constructor}}</h1>');
  });

  it('labels a promotion once and ends it with one click, whatever its template', () => {
    const plain = renderMail(outgoing({ category: 'promotion', title: '타임딜' }));
    const campaign = renderMail(
      outgoing({
        category: 'promotion',
        title: '(광고) 타임딜',
        text: 'notification.requested/campaign',
        language: 'en',
      }),
    );
    expect(plain.subject).toBe('(광고) 타임딜');
    expect(campaign.subject).toBe('(광고) 타임딜');
    for (const mail of [plain, campaign]) {
      const link = mail.unsubscribe ?? '';
      expect(link).toMatch(/^https:\/\/api\.example\.com\/api\/v1\/unsubscribe\/[\w.-]+$/);
      expect(mail.html).toContain(`href="${link}"`);
      expect(mail.text).toContain(link);
      expect(readUnsubscribeToken(link.split('/').at(-1) ?? '', [mailSettings.unsubscribeSecret])).toEqual({
        userId: 'user-1',
        category: 'promotion',
        channel: 'email',
      });
    }
  });

  it('shows a code large, and not in the subject that a locked phone shows', () => {
    const mail = renderMail(
      outgoing({ text: 'notification.requested/auth_code', params: { code: '049281', minutes: 3 } }),
    );
    expect(mail.subject).toBe('[Portal Universe] 인증번호 안내');
    expect(mail.html).toMatch(/font-size:34px[^>]*>049281</);
    expect(mail.text).toContain('\n    049281\n');
  });

  it('ends with who is behind it, in parts that are not torn', () => {
    const imprint = 'Portal <Universe> · 서울특별시 예시로 1 · 02-0000-0000';
    const { html, text } = mailRenderer(templates, { ...mailSettings, imprint })(outgoing());
    expect(html).toContain('Portal &lt;Universe&gt;&nbsp;·</span>');
    expect(html).toContain('<span style="display:inline-block;">02-0000-0000</span>');
    expect(text).toContain(`\n${imprint}\n`);
    expect(renderMail(outgoing()).html).not.toContain('inline-block;">02');
  });

  it('welcomes a person who has given no name, too', () => {
    const welcome = (name: string) => renderMail(outgoing({ text: 'user-signup', language: 'en', params: { name } }));
    expect(welcome('Jane').subject).toBe('Welcome to Portal Universe, Jane');
    expect(welcome('').subject).toBe('Welcome to Portal Universe');
  });

  it('names the parameter that is missing', () => {
    const without = () => renderMail(outgoing({ text: 'notification.requested/auth_code', params: { minutes: 3 } }));
    expect(without).toThrow('template notification.requested/auth_code: parameter code is missing');
  });

  it('has a subject even where the title shows nothing', () => {
    expect(renderMail(outgoing({ title: ' \u202e\r\n' })).subject).toBe('Portal Universe');
  });

  it('takes a text key for nothing but a key', () => {
    for (const text of ['__proto__', 'constructor', '../parts/layout']) {
      expect(renderMail(outgoing({ text })).subject).toBe('주문이 확정되었습니다');
    }
  });
});

describe('loadTemplates', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'templates-'));
    cpSync(templateFolder, folder, { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('takes what every object inherits for no parameter', () => {
    writeFileSync(join(folder, 'mails/notification/ko.text.hbs'), '{{params.constructor}}');
    const render = mailRenderer(loadTemplates(folder), mailSettings);
    expect(() => render(outgoing())).toThrow('template notification: parameter constructor is missing');
    expect(render(outgoing({ params: JSON.parse('{"constructor":"own","__proto__":"x"}') })).text).toBe('own\n');
  });

  it.each([
    [
      'a missing file',
      () => rmSync(join(folder, 'mails/user-signup/en.text.hbs')),
      'mails/user-signup/en.text.hbs is missing',
    ],
    [
      'a missing language',
      () => {
        for (const format of ['subject', 'html', 'text']) rmSync(join(folder, `mails/user-signup/ko.${format}.hbs`));
      },
      /ko\.subject\.hbs is missing\n.*ko\.html\.hbs is missing\n.*ko\.text\.hbs is missing/,
    ],
    [
      'no default',
      () => rmSync(join(folder, 'mails/notification'), { recursive: true }),
      'mails/notification/ko.html.hbs is missing',
    ],
    [
      'a missing part',
      () => rmSync(join(folder, 'parts/unsubscribe.en.html.hbs')),
      /mails\/notification\/en\.html\.hbs: The partial unsubscribe could not be found/,
    ],
    [
      'a file of no known name',
      () => renameSync(join(folder, 'parts/button.html.hbs'), join(folder, 'parts/button.hbs')),
      'parts/button.hbs is neither',
    ],
    [
      'wrong syntax',
      () => writeFileSync(join(folder, 'mails/notification/ko.html.hbs'), '{{#if title}'),
      /ko\.html\.hbs: Parse error/,
    ],
    [
      'an unknown value',
      () => writeFileSync(join(folder, 'mails/notification/ko.text.hbs'), '{{titel}}'),
      'ko.text.hbs: nothing is named titel',
    ],
    [
      'an unknown helper',
      () => writeFileSync(join(folder, 'mails/notification/ko.text.hbs'), '{{shout title}}'),
      /ko\.text\.hbs: .*shout/,
    ],
  ])('does not start with %s', (_, spoil, problem) => {
    spoil();
    expect(() => loadTemplates(folder)).toThrow(problem);
  });
});
