const texts = {
  en: {
    brand: 'Mailbox',
    skip: 'Skip to the list',
    otherLanguage: '한국어',
    clear: 'Clear all',
    list: 'What came in',
    search: 'Recipient or subject',
    kind: 'Kind',
    all: 'All',
    mails: 'Mails',
    pushes: 'Pushes',
    emptyTitle: 'Nothing here',
    emptyHint: 'Mails and pushes appear here by themselves.',
    reader: 'Chosen message',
    nothing: 'Choose a mail or a push.',
    gone: 'It is not here any more.',
    back: 'Back to the list',
    views: 'Views',
    html: 'Page',
    text: 'Text',
    source: 'Source',
    device: 'Message',
    json: 'JSON',
    phone: 'Phone width',
    noSubject: '(no subject)',
    from: 'From',
    to: 'To',
    date: 'Received',
    messageId: 'Message-ID',
    attachments: 'Attachments',
    token: 'Token',
    topic: 'Topic',
    project: 'Project',
    name: 'Name',
    field: 'Field',
    value: 'Value',
    noData: 'No data.',
    unreadable: (problem) => `It could not be read: ${problem}`,
    count: (mails, pushes) =>
      `${mails} ${mails === 1 ? 'mail' : 'mails'}, ${pushes} ${pushes === 1 ? 'push' : 'pushes'}`,
    failed: 'The mailbox gives no answer.',
    connection: { connecting: 'Connecting', connected: 'Live', offline: 'Offline' },
  },
  ko: {
    brand: '우편함',
    skip: '목록으로 건너뛰기',
    otherLanguage: 'English',
    clear: '모두 지우기',
    list: '받은 목록',
    search: '받는 사람 또는 제목',
    kind: '종류',
    all: '전체',
    mails: '메일',
    pushes: '푸시',
    emptyTitle: '아직 없습니다',
    emptyHint: '메일과 푸시가 오면 바로 여기에 나타납니다.',
    reader: '선택한 메시지',
    nothing: '메일이나 푸시를 선택하세요.',
    gone: '더 이상 없습니다.',
    back: '목록으로',
    views: '보기',
    html: '화면',
    text: '텍스트',
    source: '원본',
    device: '메시지',
    json: 'JSON',
    phone: '휴대폰 너비',
    noSubject: '(제목 없음)',
    from: '보낸 사람',
    to: '받는 사람',
    date: '받은 시각',
    messageId: 'Message-ID',
    attachments: '첨부',
    token: '토큰',
    topic: '토픽',
    project: '프로젝트',
    name: '이름',
    field: '항목',
    value: '값',
    noData: '데이터가 없습니다.',
    unreadable: (problem) => `읽을 수 없습니다: ${problem}`,
    count: (mails, pushes) => `메일 ${mails}개, 푸시 ${pushes}개`,
    failed: '우편함이 응답하지 않습니다.',
    connection: { connecting: '연결 중', connected: '실시간', offline: '오프라인' },
  },
};

const chosen = 'mailbox.language';

let language = localStorage.getItem(chosen) ?? (navigator.language.startsWith('ko') ? 'ko' : 'en');
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
  document.querySelector('#search').placeholder = text().search;
  document.title = text().brand;
}

/** To the second, in the browser's zone; the date only where it isn't today. */
export function timeText(iso) {
  const at = new Date(iso);
  const today = at.toDateString() === new Date().toDateString();
  return new Intl.DateTimeFormat(language, { dateStyle: today ? undefined : 'medium', timeStyle: 'medium' }).format(at);
}
