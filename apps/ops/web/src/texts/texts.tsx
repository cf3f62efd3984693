import { createContext, type ReactNode, use, useEffect, useMemo, useState } from 'react';
import { en, type Texts } from './en.js';
import { ko } from './ko.js';

const languages = { en, ko };
export type Language = keyof typeof languages;

/** The inbox page remembers it by the same name. */
const chosen = 'allim.language';

function firstLanguage(): Language {
  const kept = localStorage.getItem(chosen);
  if (kept === 'en' || kept === 'ko') return kept;
  return navigator.language.startsWith('ko') ? 'ko' : 'en';
}

interface Spoken {
  language: Language;
  texts: Texts;
  speak: (language: Language) => void;
}

const context = createContext<Spoken | undefined>(undefined);

export function Speaking({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(firstLanguage);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const spoken = useMemo(
    () => ({
      language,
      texts: languages[language],
      speak: (next: Language) => {
        localStorage.setItem(chosen, next);
        setLanguage(next);
      },
    }),
    [language],
  );
  return <context.Provider value={spoken}>{children}</context.Provider>;
}

export const useLanguage = (): Spoken => use(context)!;
export const useTexts = (): Texts => useLanguage().texts;

/** A number as people of the language write it. */
export function useNumber(): (value: number) => string {
  const { language } = useLanguage();
  return useMemo(() => {
    const format = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
    return (value) => format.format(value);
  }, [language]);
}
