import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { goTo } from '../address.js';
import { type ConsoleSettings } from '../api-shapes.js';
import { Dialog } from '../dialog.js';
import { startSession } from '../session.js';
import { Heading, Loading } from '../states.js';
import { useTexts } from '../texts/texts.js';

interface SampleOperator {
  operator: string;
  scope: string;
}

async function read<T>(path: string, body?: object): Promise<T> {
  const response = await fetch(path, {
    signal: AbortSignal.timeout(10_000),
    ...(body && { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response.json();
}

const readSettings = async () => (await read<{ data: ConsoleSettings }>('/console-settings')).data;

/** `isAgain`: over the page that was being worked on, which stays as it is. */
export function SignIn({ isAgain = false }: { isAgain?: boolean }) {
  const t = useTexts();
  const [settings, setSettings] = useState<ConsoleSettings>();
  const [problem, setProblem] = useState('');
  useEffect(() => {
    readSettings().then(setSettings, () => setProblem(t.noAnswer));
  }, [t]);

  const form: ReactNode = (
    <>
      {isAgain && <p>{t.signIn.hasEnded}</p>}
      {settings?.oidc ? (
        <AtIssuer oidc={settings.oidc} onProblem={setProblem} />
      ) : (
        settings && <Pasted onProblem={setProblem} />
      )}
      {settings?.hasSampleOperators && <Samples onProblem={setProblem} />}
      <p className="problem" role="alert">
        {problem}
      </p>
    </>
  );
  if (isAgain)
    return (
      <Dialog title={t.signIn.again}>
        <div className="sign-in">{form}</div>
      </Dialog>
    );
  return (
    <div className="card sign-in">
      <Heading title={t.signIn.title} />
      {form}
    </div>
  );
}

function AtIssuer({
  oidc,
  onProblem,
}: {
  oidc: NonNullable<ConsoleSettings['oidc']>;
  onProblem: (text: string) => void;
}) {
  const t = useTexts();
  const leave = async () => {
    try {
      await (await import('./oidc.js')).leave(oidc);
    } catch {
      onProblem(t.signIn.issuerAway(new URL(oidc.authority).host));
    }
  };
  return (
    <button type="button" className="primary" onClick={leave}>
      {t.signIn.atIssuer(new URL(oidc.authority).host)}
    </button>
  );
}

function Pasted({ onProblem }: { onProblem: (text: string) => void }) {
  const t = useTexts();
  const field = useId();
  const input = useRef<HTMLInputElement>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!startSession(input.current!.value.trim())) onProblem(t.signIn.notAToken);
  };
  return (
    <form onSubmit={submit}>
      <p className="note">{t.signIn.hint}</p>
      <label htmlFor={field}>{t.signIn.token}</label>
      <input id={field} ref={input} type="password" autoComplete="off" spellCheck={false} required />
      <button type="submit" className="primary">
        {t.signIn.open}
      </button>
    </form>
  );
}

/** In development there is nobody to sign in with. */
function Samples({ onProblem }: { onProblem: (text: string) => void }) {
  const t = useTexts();
  const [samples, setSamples] = useState<SampleOperator[]>([]);
  useEffect(() => {
    read<SampleOperator[]>('/dev/sample-operators').then(setSamples, () => {});
  }, []);
  const choose = async (operator: string) => {
    try {
      const { token } = await read<{ token: string }>('/dev/token', { operator });
      if (!startSession(token)) onProblem(t.signIn.notAToken);
    } catch {
      onProblem(t.noAnswer);
    }
  };
  if (samples.length === 0) return null;
  return (
    <div className="samples">
      <p className="note">{t.signIn.samples}</p>
      {samples.map(({ operator, scope }) => (
        <button key={operator} type="button" onClick={() => choose(operator)}>
          <span>{operator}</span> <span className="note">{scope}</span>
        </button>
      ))}
    </div>
  );
}

/** Where the issuer sends operators back to. */
export function SignedInPage() {
  const t = useTexts();
  const [hasFailed, setFailed] = useState(false);
  const hasBegun = useRef(false);
  useEffect(() => {
    if (hasBegun.current) return; // a code is good once
    hasBegun.current = true;
    const arrive = async () => {
      const { oidc } = await readSettings();
      if (!oidc) throw new Error('no issuer is set');
      const { token, from } = await (await import('./oidc.js')).arrive(oidc);
      if (!startSession(token)) throw new Error('the issuer gave no access token that says how long it is valid');
      goTo(from, { replace: true });
    };
    arrive().catch((error: Error) => {
      console.error(error);
      setFailed(true);
    });
  }, []);
  if (!hasFailed) return <Loading />;
  return (
    <>
      <Heading title={t.signIn.refused} />
      <button type="button" className="primary" onClick={() => goTo('/', { replace: true })}>
        {t.signIn.again}
      </button>
    </>
  );
}
