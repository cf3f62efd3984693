import { text, timeTexts } from '/texts.js';

const template = document.querySelector('#row');
const kinds = ['order', 'delivery', 'payment', 'coupon', 'timedeal', 'blog', 'prism'];

/** What a type is about, by its first word; types of a later release too. */
function kindOf(type) {
  const [word] = type.toLowerCase().split('_');
  if (word === 'refund') return 'payment';
  return kinds.includes(word) ? word : 'system';
}

/** A path on this site, or null: what a publisher wrote never leads to another site or runs as script. */
export function sameSitePath(link) {
  if (!link?.startsWith('/')) return null;
  const { origin, href } = new URL(link, location.origin);
  return origin === location.origin ? href : null;
}

/** A row of the list. `actions`: `read(id)`, `remove(id)`. */
export function createRow(notification, actions) {
  const row = template.content.cloneNode(true).firstElementChild;
  const { id, type, title, message } = notification;
  const failed = type.endsWith('_FAILED');
  row.id = `notification-${id}`;
  row.dataset.id = id;
  row.dataset.type = type;
  row.dataset.kind = failed ? 'failed' : kindOf(type);
  row.querySelector('.kind use').setAttribute('href', `/icons.svg#${failed ? 'failed' : kindOf(type)}`);
  const href = sameSitePath(notification.link);
  const heading = row.querySelector('.title');
  if (href) {
    const link = document.createElement('a');
    link.href = href;
    link.textContent = title;
    link.addEventListener('click', () => row.classList.contains('unread') && actions.read(id));
    heading.replaceChildren(link);
  } else heading.textContent = title;
  row.querySelector('.message').textContent = message;
  row.querySelector('time').dateTime = notification.createdAt;
  row.querySelector('.read').addEventListener('click', () => actions.read(id));
  row.querySelector('.remove').addEventListener('click', () => actions.remove(id));
  showStatus(row, notification.status);
  showRowTexts(row);
  return row;
}

export function showStatus(row, status) {
  row.classList.toggle('unread', status === 'UNREAD');
  row.querySelector('.read').hidden = status === 'READ';
  row.querySelector('.unread-mark').hidden = status === 'READ';
}

/** The page's own words in a row, in the language chosen now. */
export function showRowTexts(row) {
  const title = row.querySelector('.title').textContent;
  row.querySelector('.label').textContent = text().kinds[kindOf(row.dataset.type)];
  row.querySelector('.unread-mark').textContent = text().unreadMark;
  for (const action of ['read', 'remove']) {
    const button = row.querySelector(`.${action}`);
    button.setAttribute('aria-label', text()[action](title));
    button.title = text()[action](title);
  }
  showTime(row);
}

export function showTime(row) {
  const { relative, absolute } = timeTexts(row.querySelector('time').dateTime);
  row.querySelector('.relative').textContent = relative;
  row.querySelector('.absolute').textContent = absolute;
}
