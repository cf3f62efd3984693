import { type ComponentType, lazy, type ReactNode, Suspense, useEffect, useRef } from 'react';
import { Link, useAddress } from './address.js';
import { GroupsPage } from './letters/groups-page.js';
import { LetterPage } from './letters/letter-page.js';
import { LettersPage } from './letters/letters-page.js';
import { signOut, useSession } from './session.js';
import { Shown } from './shown.js';
import { SignedInPage, SignIn } from './sign-in/sign-in.js';
import { Heading, Loading } from './states.js';
import { type Texts } from './texts/en.js';
import { useLanguage, useTexts } from './texts/texts.js';
import { ThemeSwitch } from './theme.js';

// What few visits need is loaded when it is asked for.
const OverviewPage = lazy(async () => ({ default: (await import('./overview/overview-page.js')).OverviewPage }));
const EditPage = lazy(async () => ({ default: (await import('./letters/edit-page.js')).EditPage }));
const JobsPage = lazy(async () => ({ default: (await import('./jobs/jobs-page.js')).JobsPage }));
const JobPage = lazy(async () => ({ default: (await import('./jobs/job-page.js')).JobPage }));
const AuditPage = lazy(async () => ({ default: (await import('./audit/audit-page.js')).AuditPage }));
const TimelinePage = lazy(async () => ({ default: (await import('./timeline/timeline-page.js')).TimelinePage }));

/** The server answers these addresses with the console (`apps/ops/src/console/console.ts`). */
const pages: [path: RegExp, page: ComponentType<{ number: number }>][] = [
  [/^\/$/, OverviewPage],
  [/^\/groups$/, GroupsPage],
  [/^\/letters$/, LettersPage],
  [/^\/letters\/(\d+)$/, LetterPage],
  [/^\/letters\/(\d+)\/edit$/, EditPage],
  [/^\/jobs$/, JobsPage],
  [/^\/jobs\/(\d+)$/, JobPage],
  [/^\/audit$/, AuditPage],
  [/^\/timeline$/, TimelinePage],
];

const places: [path: string, text: keyof Texts['nav']][] = [
  ['/', 'overview'],
  ['/groups', 'groups'],
  ['/letters', 'letters'],
  ['/jobs', 'jobs'],
  ['/timeline', 'timeline'],
  ['/audit', 'audit'],
];

export function Console() {
  const t = useTexts();
  const { path } = useAddress();
  const { session, hasEnded } = useSession();
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another page is a new thing to read, and is said to be one
  useEffect(() => {
    if (!isFirst.current) main.current?.focus({ preventScroll: true });
    isFirst.current = false;
  }, [path]);

  return (
    <>
      <a className="skip" href="#main">
        {t.skip}
      </a>
      <Top />
      <main id="main" ref={main} tabIndex={-1}>
        {path === '/signed-in' ? <SignedInPage /> : session || hasEnded ? <Page path={path} /> : <SignIn />}
      </main>
      {hasEnded && path !== '/signed-in' && <SignIn isAgain />}
    </>
  );
}

function Page({ path }: { path: string }): ReactNode {
  const t = useTexts();
  for (const [pattern, Component] of pages) {
    const found = pattern.exec(path);
    if (found)
      return (
        <Suspense fallback={<Loading />}>
          <Component key={path} number={Number(found[1])} />
        </Suspense>
      );
  }
  return (
    <>
      <Heading title={t.noPage} />
      <p>
        <Link href="/letters">{t.nav.letters}</Link>
      </p>
    </>
  );
}

function Top() {
  const t = useTexts();
  const { language, speak } = useLanguage();
  const { session, hasEnded } = useSession();
  const { path } = useAddress();
  const other = language === 'ko' ? 'en' : 'ko';
  return (
    <header>
      <div className="bar">
        <p className="brand">
          <img src="/icon.svg" alt="" width="28" height="28" /> <span>{t.brand}</span>
        </p>
        <div className="who">
          {session && (
            <span className="operator" title={session.scopes.join(' ')}>
              <Shown text={session.operator} />
            </span>
          )}
          <ThemeSwitch />
          <button type="button" className="quiet" lang={other} onClick={() => speak(other)}>
            {t.otherLanguage}
          </button>
          {session && (
            <button type="button" className="quiet" onClick={signOut}>
              {t.signOut}
            </button>
          )}
        </div>
        {(session || hasEnded) && (
          <nav aria-label={t.nav.label}>
            {places.map(([place, text]) => (
              <Link
                key={place}
                href={place}
                aria-current={path === place || (place !== '/' && path.startsWith(`${place}/`)) ? 'page' : undefined}
              >
                {t.nav[text]}
              </Link>
            ))}
          </nav>
        )}
      </div>
    </header>
  );
}
