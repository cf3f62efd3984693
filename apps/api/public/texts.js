const texts = {
  en: {
    brand: 'Allim',
    skip: 'Skip to the inbox',
    inbox: 'Inbox',
    otherLanguage: '한국어',
    sampleUser: 'Sample user',
    signOut: 'Sign out',
    signInTitle: 'Sign in',
    signInHint: 'Paste an access token. It stays in this tab and is forgotten when the tab is closed.',
    token: 'Access token',
    signIn: 'Open the inbox',
    signInProblem: 'This token is not accepted. Perhaps it has expired.',
    timedeal: 'Time deal news',
    readAll: 'Mark all as read',
    read: (title) => `Mark as read: ${title}`,
    remove: (title) => `Delete: ${title}`,
    older: 'Show older',
    loading: 'Loading the inbox',
    emptyTitle: 'Nothing here yet',
    emptyHint: 'New notifications appear here by themselves.',
    failedTitle: 'The inbox could not be loaded',
    retry: 'Try again',
    announcement: 'Announcement',
    open: 'Take a look',
    close: 'Close',
    unread: (count) => `${count} unread`,
    unreadMark: 'New',
    arrivals: (count, title) => (count === 1 ? `New: ${title}` : `${count} new notifications, the latest: ${title}`),
    unavailable: 'The server gives no answer. Try again in a moment.',
    tooMany: 'That was a little fast. Try again in a moment.',
    refused: 'That is not possible.',
    connection: {
      connecting: 'Connecting',
      connected: 'Live',
      reconnecting: 'Reconnecting',
      offline: 'Offline',
      stopped: 'Signed out',
    },
    kinds: {
      order: 'Order',
      delivery: 'Delivery',
      payment: 'Payment',
      coupon: 'Coupon',
      timedeal: 'Time deal',
      blog: 'Blog',
      prism: 'Prism',
      system: 'Notice',
    },
  },
  ko: {
    brand: '알림',
    skip: '알림함으로 건너뛰기',
    inbox: '알림함',
    otherLanguage: 'English',
    sampleUser: '예시 사용자',
    signOut: '로그아웃',
    signInTitle: '로그인',
    signInHint: '액세스 토큰을 붙여 넣으세요. 이 탭에만 보관되며 탭을 닫으면 사라집니다.',
    token: '액세스 토큰',
    signIn: '알림함 열기',
    signInProblem: '사용할 수 없는 토큰입니다. 만료되었을 수 있습니다.',
    timedeal: '타임딜 소식',
    readAll: '모두 읽음으로 표시',
    read: (title) => `읽음으로 표시: ${title}`,
    remove: (title) => `삭제: ${title}`,
    older: '이전 알림 더 보기',
    loading: '알림을 불러오는 중',
    emptyTitle: '아직 알림이 없습니다',
    emptyHint: '새 알림이 오면 바로 여기에 나타납니다.',
    failedTitle: '알림을 불러오지 못했습니다',
    retry: '다시 시도',
    announcement: '안내',
    open: '보러 가기',
    close: '닫기',
    unread: (count) => `읽지 않은 알림 ${count}개`,
    unreadMark: '새 알림',
    arrivals: (count, title) => (count === 1 ? `새 알림: ${title}` : `새 알림 ${count}개, 최근: ${title}`),
    unavailable: '서버가 응답하지 않습니다. 잠시 후 다시 시도해 주세요.',
    tooMany: '요청이 너무 많습니다. 잠시 후 다시 시도해 주세요.',
    refused: '처리할 수 없는 요청입니다.',
    connection: {
      connecting: '연결 중',
      connected: '실시간',
      reconnecting: '다시 연결 중',
      offline: '오프라인',
      stopped: '로그아웃됨',
    },
    kinds: {
      order: '주문',
      delivery: '배송',
      payment: '결제',
      coupon: '쿠폰',
      timedeal: '타임딜',
      blog: '블로그',
      prism: '프리즘',
      system: '공지',
    },
  },
};

const chosen = 'allim.language';

/** `ko` or `en`: what was chosen here before, else the browser's first language. */
export let language = localStorage.getItem(chosen) ?? (navigator.language.startsWith('ko') ? 'ko' : 'en');
if (!Object.hasOwn(texts, language)) language = 'en';

export const text = () => texts[language];

export function switchLanguage() {
  language = language === 'ko' ? 'en' : 'ko';
  localStorage.setItem(chosen, language);
  showTexts();
}

/** Fills every element that names its text (`data-text`) or its accessible name (`data-label`). */
export function showTexts() {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll('[data-text]')) element.textContent = text()[element.dataset.text];
  for (const element of document.querySelectorAll('[data-label]')) {
    element.setAttribute('aria-label', text()[element.dataset.label]);
  }
}

const units = [
  ['minute', 60],
  ['hour', 3_600],
  ['day', 86_400],
  ['month', 30.4 * 86_400],
  ['year', 365 * 86_400],
];

/** Time of a notification in words and in figures, e.g. "3 minutes ago" and "Feb 6, 2026, 7:00 PM". */
export function timeTexts(iso, now = Date.now()) {
  const at = new Date(iso);
  let [count, unit] = [0, 'second'];
  for (const [name, seconds] of units) {
    if (now - at.getTime() < seconds * 1000) break;
    unit = name;
    count = -Math.trunc((now - at.getTime()) / 1000 / seconds);
  }
  return {
    relative: new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(count, unit),
    absolute: new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(at),
  };
}
