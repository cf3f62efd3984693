import { openInbox } from '/modules/client/inbox-connection.js';
import { InboxError, SignInAgain, TryLater } from '/modules/client/inbox-error.js';
import { inboxRequests } from '/modules/client/inbox-requests.js';
import { io } from '/modules/socket.io-client.js';
import { createRow, sameSitePath, showRowTexts, showStatus, showTime } from '/rows.js';
import { pastedToken, sampleToken, sampleUser, sampleUsers } from '/session.js';
import { showTexts, switchLanguage, text } from '/texts.js';

const $ = (id) => document.getElementById(id);
const rows = $('rows');
const pageSize = 20;
/** Until an inbox that could not be loaded is asked for again. */
const retryMs = 5_000;

/** Rows kept while new ones arrive; older ones come back by "show older". */
let rowsKept = 200;
let unread = 0;
let connection = 'connecting';
let users = [];
/** Whose inbox is shown, and its ends. Replaced when another person is chosen: late answers of the former count no more. */
let shown;

// ---- whose inbox

async function open(userId, token) {
  shown?.inbox?.close();
  const mine = { userId, inbox: undefined, reopen: () => open(userId, token) };
  shown = mine;
  rows.replaceChildren();
  rowsKept = 200;
  unseen = 0;
  showUnread(0);
  showConnection('connecting');
  showProblem('');
  $('announcement').hidden = true;
  $('older').hidden = true;
  $('timedeal').ariaChecked = 'false';
  $('sign-in').hidden = true;
  $('signed-in').hidden = false;
  showList('loading');

  const address = { url: location.origin, token };
  try {
    // The list first, the socket from its newest id on: between the two nothing is missing and nothing is twice.
    const requests = inboxRequests(address);
    const page = await requests.list({ size: pageSize });
    const [state, topics] = await Promise.all([requests.state(), requests.subscriptions()]);
    if (mine !== shown) return;
    $('timedeal').ariaChecked = String(topics.includes('timedeal'));
    appendOlder(page);
    newest = page.items[0]?.id ?? 0;
    showUnread(state.unread);
    showList();
    mine.inbox = openInbox(io, {
      ...address,
      lastId: page.items[0]?.id ?? 0,
      onNotification: (notification) => mine === shown && arrived(notification),
      onInbox: (counters) => mine === shown && counted(counters),
      onAnnouncement: (announcement) => mine === shown && announce(announcement),
      onConnection: (state) => mine === shown && showConnection(state),
      onError: (error) => mine === shown && error instanceof SignInAgain && askForToken(text().signInProblem),
    });
  } catch (error) {
    if (mine !== shown) return;
    if (error instanceof SignInAgain && users.length === 0) return askForToken(text().signInProblem);
    showConnection('reconnecting');
    $('failed-reason').textContent = sentence(error);
    showList('failed');
    if (error instanceof TryLater) setTimeout(() => mine === shown && mine.reopen(), error.afterMs ?? retryMs);
  }
}

function openSample(userId) {
  sampleUser.set(userId);
  open(userId, () => sampleToken(userId));
}

function openPasted() {
  $('sign-out').hidden = false;
  open('me', () => pastedToken.get() ?? '');
}

function askForToken(problem = '') {
  shown?.inbox?.close();
  shown = undefined;
  pastedToken.forget();
  showUnread(0);
  showConnection('stopped');
  $('sign-in-problem').textContent = problem;
  $('sign-in').hidden = false;
  $('signed-in').hidden = true;
  $('announcement').hidden = true;
  $('sign-out').hidden = true;
  $('token').value = '';
  $('token').focus();
}

// ---- the list

function showList(instead) {
  for (const id of ['loading', 'failed']) $(id).hidden = id !== instead;
  $('list').ariaBusy = String(instead === 'loading');
  $('timedeal').disabled = instead !== undefined;
  $('empty').hidden = instead !== undefined || rows.childElementCount > 0;
}

function appendOlder({ items, hasMore }) {
  rows.append(...items.map((notification) => createRow(notification, actions)));
  $('older').hidden = !hasMore;
}

let arrivedSince = [];

function arrived(notification) {
  const row = createRow(notification, actions);
  row.classList.add('arrived');
  rows.prepend(row);
  while (rows.childElementCount > rowsKept) {
    rows.lastElementChild.remove();
    $('older').hidden = false;
  }
  showList();
  // One sentence for a burst, else a screen reader would never come to an end.
  if (arrivedSince.push(notification.title) === 1) {
    setTimeout(() => {
      $('arrivals').textContent = text().arrivals(arrivedSince.length, arrivedSince.at(-1));
      arrivedSince = [];
    }, 800);
  }
}

let newest = 0;

function counted(counters) {
  // The inbox was begun anew, as a development server does: nothing that is shown is in it.
  if (counters.lastId < newest) return shown.reopen();
  // No new notification: something was read or deleted, perhaps in another tab. That the badge was cleared needs no look.
  const onlySeen = counters.unread === unread && counters.unseen !== unseen;
  if (counters.lastId === newest && !onlySeen) refresh();
  newest = counters.lastId;
  showUnread(counters.unread);
  unseen = counters.unseen;
  markSeen();
}

let refreshing;

/** Looks again at what is shown. A burst of changes is one look. */
function refresh() {
  clearTimeout(refreshing);
  const mine = shown;
  refreshing = setTimeout(async () => {
    const until = newest;
    const statuses = await shownStatuses(mine.inbox).catch(() => undefined); // the next change is another chance
    if (mine !== shown || !statuses) return;
    for (const row of [...rows.children]) {
      const id = Number(row.dataset.id);
      if (id > until || id < statuses.oldest) continue; // not what was asked for
      if (statuses.byId.has(id)) showStatus(row, statuses.byId.get(id));
      else row.remove();
    }
    showList();
  }, 200);
}

async function shownStatuses(inbox) {
  const byId = new Map();
  for (let before; ; ) {
    const { items, hasMore, nextBefore } = await inbox.list({ before, size: 100 });
    for (const { id, status } of items) byId.set(id, status);
    if (!hasMore) return { byId, oldest: 0 };
    if (byId.size >= rows.childElementCount) return { byId, oldest: nextBefore };
    before = nextBefore;
  }
}

let unseen = 0;
let markingSeen = false;

/** Whoever looks at the list has seen it; said once a second at most, however fast notifications arrive. */
async function markSeen() {
  if (unseen === 0 || markingSeen || document.hidden || !shown?.inbox) return;
  markingSeen = true;
  // Not worth a word when it fails: the next counters come soon.
  await shown.inbox.seen().catch(() => {});
  setTimeout(() => {
    markingSeen = false;
    markSeen();
  }, 1_000);
}

// ---- what the person does

/** Runs a request of the person's; says in one sentence when it came to nothing. */
async function request(button, run) {
  showProblem('');
  button.disabled = true;
  const { inbox } = shown;
  try {
    await run(inbox);
    // Connected, the server tells the counters by itself.
    if (connection !== 'connected') showUnread((await inbox.state()).unread);
  } catch (error) {
    if (!(error instanceof InboxError)) throw error;
    showProblem(sentence(error));
  } finally {
    button.disabled = button === $('read-all') && unread === 0;
  }
}

const actions = {
  read: (id) => {
    const row = $(`notification-${id}`);
    return request(row.querySelector('.read'), async (inbox) => {
      const focused = row.contains(document.activeElement);
      const { status } = await inbox.read(id);
      showStatus(row, status);
      if (focused) row.querySelector('.remove').focus();
    });
  },
  remove: (id) => {
    const row = $(`notification-${id}`);
    return request(row.querySelector('.remove'), async (inbox) => {
      await inbox.remove(id).catch((error) => {
        if (error.code !== 'N001') throw error; // deleted in another tab: that is what was wanted
      });
      const neighbour = row.nextElementSibling ?? row.previousElementSibling;
      (neighbour?.querySelector('.remove') ?? $('inbox')).focus({ preventScroll: true });
      row.remove();
      showList();
    });
  },
};

$('read-all').addEventListener('click', () =>
  request($('read-all'), async (inbox) => {
    await inbox.readAll();
    for (const row of rows.children) showStatus(row, 'READ');
  }),
);

$('retry').addEventListener('click', () => shown.reopen());

$('older').addEventListener('click', () =>
  request($('older'), async (inbox) => {
    const last = rows.lastElementChild;
    const page = await inbox.list({ before: Number(last?.dataset.id ?? newest + 1), size: pageSize });
    appendOlder(page);
    rowsKept = Math.max(rowsKept, rows.childElementCount);
    // The button moves away below the new rows, or is gone: go on reading where they begin.
    const next = last?.nextElementSibling;
    next?.setAttribute('tabindex', '-1');
    next?.focus({ preventScroll: true });
  }),
);

$('timedeal').addEventListener('click', () =>
  request($('timedeal'), async (inbox) => {
    const on = $('timedeal').ariaChecked !== 'true';
    await (on ? inbox.subscribe('timedeal') : inbox.unsubscribe('timedeal'));
    $('timedeal').ariaChecked = String(on);
  }),
);

$('announcement-close').addEventListener('click', () => {
  $('announcement').hidden = true;
  $('inbox').focus({ preventScroll: true });
});

$('language').addEventListener('click', () => {
  switchLanguage();
  for (const row of rows.children) showRowTexts(row);
  showUnread(unread);
  showConnection(connection);
});

$('sample-user').addEventListener('change', ({ target }) => openSample(target.value));

$('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  pastedToken.set($('token').value.trim());
  openPasted();
});

$('sign-out').addEventListener('click', () => askForToken());

// ---- what is shown around the list

function showUnread(count) {
  unread = Math.max(0, count);
  $('unread').hidden = unread === 0;
  $('unread').textContent = text().unread(unread);
  $('read-all').disabled = unread === 0;
  document.title = unread === 0 ? text().brand : `(${unread}) ${text().brand}`;
}

function showConnection(state) {
  connection = state;
  const offline = !navigator.onLine && (state === 'connecting' || state === 'reconnecting');
  $('connection').dataset.state = offline ? 'offline' : state;
  $('connection-state').textContent = text().connection[offline ? 'offline' : state];
  $('connection-node').textContent = location.host;
}

function announce({ title, message, link }) {
  $('announcement-title').textContent = title;
  $('announcement-message').textContent = message;
  const href = sameSitePath(link);
  $('announcement-link').hidden = !href;
  if (href) $('announcement-link').href = href;
  $('announcement').hidden = false;
}

function showProblem(problem) {
  $('problem').textContent = problem;
}

function sentence(error) {
  if (error instanceof SignInAgain) return text().signInProblem;
  if (!(error instanceof TryLater)) return text().refused;
  return error.code === 'C004' ? text().tooMany : text().unavailable;
}

for (const event of ['online', 'offline']) addEventListener(event, () => showConnection(connection));
document.addEventListener('visibilitychange', () => markSeen());
setInterval(() => {
  for (const row of rows.children) showTime(row);
}, 20_000);

// ---- begin

showTexts();
showConnection('connecting');
users = await sampleUsers();
if (users.length > 0) {
  $('sample-user').append(...users.map(({ userId, name }) => new Option(name, userId)));
  $('sample-users').hidden = false;
  const { userId } = sampleUser.get(users);
  $('sample-user').value = userId;
  openSample(userId);
} else if (pastedToken.get()) openPasted();
else askForToken();
