import { text, timeText } from '/texts.js';

const $ = (id) => document.getElementById(id);
const create = (name, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
};

let shown;
let chosenView = { mail: 'html', push: 'device' };

/** Shows one mail or push, by its key (`mail/3`), or nothing. */
export async function showReader(key) {
  shown = key;
  if (!key) return hide(text().nothing);
  const [kind, id] = key.split('/');
  const path = kind === 'mail' ? `/api/mails/${id}` : `/api/pushes/${id}`;
  const response = await fetch(path).catch(() => undefined);
  const message = response?.ok ? await response.json() : undefined;
  if (shown !== key) return; // another one was chosen meanwhile
  if (!message) return hide(response ? text().gone : text().failed);
  $('nothing').hidden = true;
  $('message').hidden = false;
  $('subject').textContent = (kind === 'mail' ? message.subject : message.title) || text().noSubject;
  showFacts(kind === 'mail' ? mailFacts(message) : pushFacts(message));
  showViews(kind, kind === 'mail' ? mailViews(message, path) : pushViews(message));
}

function hide(sentence) {
  $('nothing').textContent = sentence;
  $('nothing').hidden = false;
  $('message').hidden = true;
  $('view').replaceChildren();
}

const named = ({ name, address }) => (name ? `${name} <${address}>` : address);

function mailFacts({ from, to, envelope, receivedAt, messageId, attachments, problem }) {
  const headed = to.map(named).join(', ');
  const sent = envelope.to.join(', ');
  // Who gets it and who stands in it are two things; shown where they differ.
  const different = envelope.to.some((address) => !to.some((one) => one.address === address));
  return [
    [text().from, from ? named(from) : envelope.from],
    [text().to, headed === '' ? sent : different ? `${headed} (SMTP: ${sent})` : headed],
    [text().date, timeText(receivedAt)],
    [text().messageId, messageId],
    [text().attachments, attachments.map(({ filename, mimeType }) => filename ?? mimeType).join(', ')],
    ['!', problem && text().unreadable(problem)],
  ];
}

function pushFacts({ token, topic, receivedAt, project, name }) {
  return [
    [text().token, token],
    [text().topic, topic],
    [text().date, timeText(receivedAt)],
    [text().project, project],
    [text().name, name],
  ];
}

function showFacts(facts) {
  const said = facts.filter(([, value]) => value);
  $('facts').replaceChildren(
    ...said.flatMap(([label, value]) => [create('dt', { textContent: label }), create('dd', { textContent: value })]),
  );
}

function mailViews(mail, path) {
  return {
    ...(mail.html !== null && { html: () => mailPage(`${path}/html`) }),
    text: () => create('pre', { textContent: mail.text ?? '' }),
    source: () => {
      const pre = create('pre', { className: 'source' });
      fetch(`${path}/source`)
        .then((response) => (response.ok ? response.text() : text().gone))
        .catch(() => text().failed)
        .then((source) => {
          pre.textContent = source;
        });
      return pre;
    },
  };
}

function mailPage(src) {
  const frame = create('iframe', { title: text().html, src });
  // No scripts, no origin: whatever a mail holds, it is as far from this page as another site. Its links open beside it.
  frame.setAttribute('sandbox', 'allow-popups allow-popups-to-escape-sandbox');
  const narrow = create('input', { type: 'checkbox' });
  narrow.addEventListener('change', () => frame.classList.toggle('phone', narrow.checked));
  return create('div', {}, create('label', { className: 'check' }, narrow, ` ${text().phone}`), frame);
}

function pushViews({ title, body, data, message }) {
  return {
    device: () => {
      const rows = Object.entries(data).map(([field, value]) =>
        create('tr', {}, create('th', { scope: 'row', textContent: field }), create('td', { textContent: value })),
      );
      const head = create(
        'tr',
        {},
        create('th', { scope: 'col', textContent: text().field }),
        create('th', { scope: 'col', textContent: text().value }),
      );
      const table = create('table', {}, create('thead', {}, head), create('tbody', {}, ...rows));
      const bubble = create(
        'div',
        { className: 'bubble' },
        create('strong', { textContent: title }),
        create('p', { textContent: body }),
      );
      return create('div', {}, bubble, rows.length > 0 ? table : create('p', { textContent: text().noData }));
    },
    json: () => create('pre', { className: 'source', textContent: JSON.stringify(message, null, 2) }),
  };
}

/** Tabs as the ARIA practices have them: arrows move, one of them is in the tab order. */
function showViews(kind, views) {
  const names = Object.keys(views);
  const wanted = names.includes(chosenView[kind]) ? chosenView[kind] : names[0];
  const tabs = names.map((name) => {
    const tab = create('button', { type: 'button', id: `tab-${name}`, textContent: text()[name] });
    tab.setAttribute('role', 'tab');
    tab.setAttribute('aria-controls', 'view');
    tab.addEventListener('click', () => choose(name));
    tab.addEventListener('keydown', ({ key }) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
      if (step) choose(names.at((names.indexOf(name) + step) % names.length), true);
    });
    return tab;
  });
  const choose = (name, move = false) => {
    chosenView = { ...chosenView, [kind]: name };
    select(name);
    if (move) $(`tab-${name}`).focus();
  };
  const select = (name) => {
    for (const tab of tabs) {
      tab.setAttribute('aria-selected', String(tab.id === `tab-${name}`));
      tab.tabIndex = tab.id === `tab-${name}` ? 0 : -1;
    }
    $('view').setAttribute('aria-labelledby', `tab-${name}`);
    $('view').replaceChildren(views[name]());
  };
  $('views').replaceChildren(...tabs);
  select(wanted);
}
