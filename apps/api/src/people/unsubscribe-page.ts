import { createHash } from 'node:crypto';
import { type Category, type Language, type Unsubscription } from '@allim/catalogue';
import { type Channel } from '@allim/contracts';
import { type Request, type Response } from 'express';

type Labels<Name extends string> = Record<Language, Record<Name, string>>;

const categoryLabels: Labels<Category> = {
  ko: {
    account: '계정',
    order: '주문·배송',
    promotion: '광고·혜택',
    blog: '블로그',
    prism: 'AI 태스크',
    notice: '공지',
  },
  en: {
    account: 'Account',
    order: 'Orders and deliveries',
    promotion: 'Promotions',
    blog: 'Blog',
    prism: 'AI tasks',
    notice: 'Notices',
  },
};

const channelLabels: Labels<Channel> = {
  ko: { email: '이메일', push: '푸시 알림', sms: '문자 메시지', webhook: '웹훅', alimtalk: '알림톡' },
  en: { email: 'E-mail', push: 'Push', sms: 'Text message', webhook: 'Webhook', alimtalk: 'Alimtalk' },
};

const texts = {
  ko: {
    what: '알림 종류',
    where: '받는 방법',
    ask: '아래 알림을 그만 받으시겠습니까?',
    askHint: '무료이며 로그인할 필요가 없습니다. 버튼을 누르기 전에는 아무것도 바뀌지 않습니다.',
    button: '수신거부',
    done: '수신거부가 완료되었습니다',
    doneHint:
      '앞으로 아래 알림을 보내지 않습니다. 이미 준비된 것이 있다면 한 번 더 도착할 수 있습니다. 언제든지 알림 설정에서 다시 받을 수 있습니다.',
    wrong: '사용할 수 없는 링크입니다',
    wrongHint: '링크가 잘렸거나 바뀌었을 수 있습니다. 메일의 수신거부를 다시 눌러 주시거나 알림 설정에서 바꿔 주세요.',
    later: '잠시 후 다시 시도해 주세요',
    laterHint: '지금은 처리할 수 없어 아무것도 바뀌지 않았습니다.',
  },
  en: {
    what: 'What',
    where: 'How it comes',
    ask: 'Stop getting this?',
    askHint: 'It is free of charge and needs no sign-in. Nothing changes before you press the button.',
    button: 'Unsubscribe',
    done: 'You are unsubscribed',
    doneHint:
      'We will no longer send you this. One that was prepared already may still arrive. You can have it again at any time: see your notification settings.',
    wrong: 'This link does not work',
    wrongHint:
      'Perhaps it was cut or changed on its way. Press “unsubscribe” in the mail once more, or choose in your notification settings.',
    later: 'Please try again in a moment',
    laterHint: 'This cannot be done just now: nothing has changed.',
  },
} satisfies Record<Language, Record<string, string>>;

/** What a page is about; `what` where a link is known to be ours. */
export type UnsubscribePage =
  | { kind: 'ask' | 'done'; what: Pick<Unsubscription, 'category' | 'channel'> }
  | { kind: 'wrong' | 'later' };

const style = `
:root { color-scheme: light dark; --page: #f4f5f8; --card: #fff; --line: #e2e5ec; --text: #191d26; --muted: #5a6373; --accent: #3d55d0; --on-accent: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --page: #101217; --card: #191c23; --line: #2a2f3a; --text: #e9ebf0; --muted: #9ea7b6; --accent: #9dadff; --on-accent: #11152b; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 16px; background: var(--page); color: var(--text); font: 16px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Apple SD Gothic Neo", "Noto Sans KR", NanumGothic, sans-serif; word-break: keep-all; overflow-wrap: anywhere; }
main { width: 100%; max-width: 460px; padding: 32px; background: var(--card); border: 1px solid var(--line); border-radius: 16px; }
h1 { margin: 0 0 8px; font-size: 22px; line-height: 1.4; }
p { margin: 0; color: var(--muted); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 8px 20px; margin: 20px 0 0; padding: 16px 0 0; border-top: 1px solid var(--line); }
dt { color: var(--muted); }
dd { margin: 0; font-weight: 600; }
button { width: 100%; margin-top: 24px; padding: 14px; border: 0; border-radius: 10px; background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 600; cursor: pointer; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
@media (max-width: 480px) { main { padding: 24px 20px; } }
`;

/** Nothing but its own style and its own form: no script, no other address, no frame around it. */
const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The page, whole. There is no text of anybody else's in it: a category is a-z, 0-9 and "-". */
export function unsubscribePage(page: UnsubscribePage, language: Language): string {
  const say = texts[language];
  const hint = say[`${page.kind}Hint`];
  return `<!doctype html>
<html lang="${language}">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="robots" content="noindex">
    <title>${say[page.kind]}</title>
    <style>${style}</style>
  </head>
  <body>
    <main>
      <h1>${say[page.kind]}</h1>
      <p>${hint}</p>
      ${'what' in page ? about(page.what, language) : ''}
      ${page.kind === 'ask' ? form(say.button) : ''}
    </main>
  </body>
</html>
`;
}

function about({ category, channel }: { category: string; channel: Channel }, language: Language): string {
  const known: Record<string, string> = categoryLabels[language];
  const { what, where } = texts[language];
  return `<dl>
        <dt>${what}</dt><dd>${Object.hasOwn(known, category) ? known[category] : category}</dd>
        <dt>${where}</dt><dd>${channelLabels[language][channel]}</dd>
      </dl>`;
}

/** To the address of the page itself, with the very body that a mail program sends. */
const form = (label: string) => `<form method="post">
        <button name="List-Unsubscribe" value="One-Click">${label}</button>
      </form>`;

/** The first of ours that the reader's browser names; who names another language gets English. */
export const pageLanguage = (request: Request): Language => (request.acceptsLanguages('ko', 'en') || 'en') as Language;

/** A browser says that it wants HTML; a mail program that POSTs its one click does not. */
export const wantsPage = (request: Request): boolean =>
  request.accepts(request.method === 'POST' ? ['json', 'html'] : ['html', 'json']) === 'html';

export function showPage(request: Request, response: Response, status: number, page: UnsubscribePage): void {
  response
    .status(status)
    .set({
      'Content-Security-Policy': policy,
      // The address is all that it takes to unsubscribe.
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'no-referrer',
      Vary: 'Accept, Accept-Language',
    })
    .type('html')
    .send(unsubscribePage(page, pageLanguage(request)));
}
