import { IntlMessageFormat } from 'intl-messageformat';
import { mostDigits } from '../decimal.js';
import { type Params } from '../notice.js';
import { en } from './en.js';
import { ko } from './ko.js';

/** `ko` is the default. */
export const languages = ['ko', 'en'] as const;
export type Language = (typeof languages)[number];

/** The texts of one event in one language, in ICU MessageFormat; `{x, number, amount}` writes an amount exactly. */
export interface Texts {
  title: string;
  message: string;
}

/** One message file per language: the texts by topic, or by `notification.requested/<template>`. */
export const messageFiles: Record<Language, Record<string, Texts>> = { ko, en };

/** Renders one text from its parameters. */
export type Format = (params: Params) => string;

export interface Formats {
  title: Format;
  message: Format;
}

/** Compiles the texts of one event. Throws an Error that names the language and the text when they are no ICU message. */
export function compile(language: Language, key: string, texts: Texts): Formats {
  return { title: format(language, key, texts.title), message: format(language, key, texts.message) };
}

function format(language: Language, key: string, text: string): Format {
  try {
    // No tags: a "<" in a text is a "<". Amounts are decimal strings, which Intl formats without a float.
    const compiled = new IntlMessageFormat(
      text,
      language,
      { number: { amount: { maximumFractionDigits: mostDigits } } },
      { ignoreTag: true },
    );
    return (params) => String(compiled.format(params));
  } catch (error) {
    throw new Error(`the ${language} text of ${key} is not an ICU message: ${text}`, { cause: error });
  }
}
