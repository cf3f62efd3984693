import { type Outgoing } from '@allim/channel';
import { type Mail, mailRenderer } from './render-mail.js';
import { defaultTemplate, type Language, loadTemplates, type Templates } from './templates.js';

type Sample = Pick<Outgoing, 'title' | 'message' | 'link' | 'category' | 'params'>;

/** What the templates are looked at with; one of its own for each template that needs parameters. */
const samples: Record<string, Record<Language, Sample>> = {
  [defaultTemplate]: {
    ko: {
      title: '주문이 확정되었습니다',
      message: '주문번호: ORD-20260206-001 - 45,000원',
      link: '/shopping/orders/ORD-20260206-001',
      category: 'order',
      params: {},
    },
    en: {
      title: 'Your order is confirmed',
      message: 'Order ORD-20260206-001 - ₩45,000',
      link: '/shopping/orders/ORD-20260206-001',
      category: 'order',
      params: {},
    },
  },
  'user-signup': {
    ko: {
      title: '환영합니다!',
      message: '홍길동님, Portal Universe에 가입해주셔서 감사합니다.',
      link: null,
      category: 'account',
      params: { name: '홍길동' },
    },
    en: {
      title: 'Welcome!',
      message: 'Thank you for joining Portal Universe, Jane.',
      link: null,
      category: 'account',
      params: { name: 'Jane' },
    },
  },
  'notification.requested/auth_code': {
    ko: {
      title: '인증번호',
      message: '인증번호: 492817',
      link: null,
      category: 'account',
      params: { code: '492817', minutes: 3 },
    },
    en: {
      title: 'Verification code',
      message: 'Your code: 492817',
      link: null,
      category: 'account',
      params: { code: '492817', minutes: 3 },
    },
  },
  'notification.requested/campaign': {
    ko: {
      title: '봄맞이 타임딜, 최대 40% 할인',
      message:
        '오늘 저녁 8시부터 자정까지, 인기 상품을 할인된 가격으로 만나보세요.\n\n수량이 한정되어 있어 조기에 마감될 수 있습니다.',
      link: '/shopping/timedeals/7',
      category: 'promotion',
      params: {},
    },
    en: {
      title: 'Spring time deal: up to 40% off',
      message:
        'Tonight from 8 pm until midnight, on what people like most.\n\nQuantities are limited and may be gone early.',
      link: '/shopping/timedeals/7',
      category: 'promotion',
      params: {},
    },
  },
};

/** A template as somebody would get it, from sample values. Throws an Error that lists the templates there are. */
export function preview(name: string, language: Language, templates: Templates = loadTemplates()): Mail {
  const template = templates.get(name);
  if (template === undefined) {
    throw new Error(`there is no template ${name}; there are ${[...templates.keys()].sort().join(', ')}`);
  }
  const sample = samples[name]?.[language] ?? samples[defaultTemplate]?.[language];
  if (sample === undefined) throw new Error(`there is no sample in ${language}`);
  const render = mailRenderer(templates, {
    publicUrl: 'https://portal.example.com',
    apiUrl: 'https://api.example.com',
    sender: 'Portal Universe',
    imprint: null,
    unsubscribeSecret: 'a preview unsubscribes nobody',
  });
  const missing = template[language].params.filter((param) => !Object.hasOwn(sample.params, param));
  return render({
    ...sample,
    // A template that is new has no sample yet: its parameters show their own names.
    params: { ...sample.params, ...Object.fromEntries(missing.map((param) => [param, `{${param}}`])) },
    deliveryId: '019a0000-0000-7000-8000-000000000000',
    attempt: 1,
    userId: 'user-1',
    notificationId: 1,
    type: 'SYSTEM',
    text: name,
    language,
    createdAt: '2026-02-06T09:00:00.000Z',
    address: { name: null, email: 'user-1@example.com', phone: null, token: null },
  });
}

/** The template's name where its last part is enough to know it: `campaign` is `notification.requested/campaign`. */
export function fullName(name: string, templates: Templates): string {
  const meant = [...templates.keys()].filter((known) => known.endsWith(`/${name}`));
  return !templates.has(name) && meant.length === 1 ? meant[0]! : name;
}
