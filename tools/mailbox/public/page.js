import { showReader } from '/reader.js';
import { showTexts, switchLanguage, text, timeText } from '/texts.js';

const $ = (id) => document.getElementById(id);
const most = 200;

/** Newest first; `kind` is `mail` or `push`. */
let items = [];
let counts = { mails: 0, pushes: 0 };

async function answerOf(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response.json();
}

let looking = false;
let lookAgain = false;

/** Fetches what is here now. However many changes come meanwhile, one more look follows. */
async function look() {
  lookAgain = true;
  if (looking) return;
  looking = true;
  try {
    while (lookAgain) {
      lookAgain = false;
      const [mails, pushes] = await Promise.all([
        answerOf(`/api/mails?limit=${most}`),
        answerOf(`/api/pushes?limit=${most}`),
      ]);
      counts = { mails: mails.kept, pushes: pushes.kept };
      items = [...mails.mails.map(mailRow), ...pushes.pushes.map(pushRow)].sort((a, b) => b.at.localeCompare(a.at));
      $('problem').textContent = '';
      showRows();
    }
  } catch {
    $('problem').textContent = text().failed;
  } finally {
    looking = false;
  }
}

const mailRow = ({ id, receivedAt, subject, to, envelope }) => ({
  key: `mail/${id}`,
  kind: 'mail',
  at: receivedAt,
  to: envelope.to.join(', '),
  sought: [subject, ...envelope.to, ...to.flatMap(({ name, address }) => [name, address])],
  subject,
});

const pushRow = ({ id, receivedAt, title, body, token, topic }) => ({
  key: `push/${id}`,
  kind: 'push',
  at: receivedAt,
  to: token ?? topic ?? '',
  sought: [title, body, token ?? topic ?? ''],
  subject: title || body,
});

function showRows() {
  const part = $('search').value.trim().toLowerCase();
  const kind = $('kind').value;
  const shown = items.filter(
    (item) =>
      (kind === '' || item.kind === kind) &&
      (part === '' || item.sought.some((candidate) => candidate.toLowerCase().includes(part))),
  );
  // Rows that stay are kept: the focus stays where it is.
  const before = new Map([...$('rows').children].map((row) => [row.dataset.key, row]));
  $('rows').replaceChildren(...shown.map((item) => before.get(item.key) ?? createRow(item)));
  $('empty').hidden = shown.length > 0;
  $('count').textContent = text().count(counts.mails, counts.pushes);
  $('clear').disabled = counts.mails + counts.pushes === 0;
  markChosen();
}

function createRow({ key, kind, at, to, subject }) {
  const row = $('row').content.cloneNode(true).firstElementChild;
  row.dataset.key = key;
  row.querySelector('a').href = `#${key}`;
  row.querySelector('use').setAttribute('href', `/icons.svg#${kind}`);
  row.querySelector('.to').textContent = to;
  row.querySelector('.subject').textContent = subject || text().noSubject;
  row.querySelector('time').dateTime = at;
  row.querySelector('time').textContent = timeText(at);
  return row;
}

function chosenKey() {
  return /^#((?:mail|push)\/\d+)$/.exec(location.hash)?.[1];
}

function markChosen() {
  for (const row of $('rows').children) {
    const link = row.querySelector('a');
    if (row.dataset.key === chosenKey()) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  }
}

async function openChosen() {
  const key = chosenKey();
  document.body.classList.toggle('reading', key !== undefined);
  markChosen();
  await showReader(key);
}

const oneAtATime = matchMedia('(max-width: 799px)');

addEventListener('hashchange', async () => {
  await openChosen();
  (chosenKey() ? $('reader') : $('list')).focus({ preventScroll: true });
  if (oneAtATime.matches) scrollTo(0, 0);
});
$('search').addEventListener('input', showRows);
$('kind').addEventListener('change', showRows);
$('narrow').addEventListener('submit', (event) => event.preventDefault());
$('clear').addEventListener('click', async () => {
  try {
    await Promise.all(['/api/mails', '/api/pushes'].map((path) => fetch(path, { method: 'DELETE' })));
    location.hash = '';
  } catch {
    $('problem').textContent = text().failed;
  }
});
$('language').addEventListener('click', () => {
  switchLanguage();
  showConnection();
  $('rows').replaceChildren();
  showRows();
  openChosen();
});

let connection = 'connecting';

function showConnection(state = connection) {
  connection = state;
  $('connection').dataset.state = state;
  $('connection-state').textContent = text().connection[state];
}

showTexts();
showConnection();
openChosen();
const changes = new EventSource('/api/changes'); // its first word is "changed", also after each reconnection
changes.addEventListener('open', () => showConnection('connected'));
changes.addEventListener('error', () => showConnection('offline'));
changes.addEventListener('changed', look);
