import { outsideTitle, unsubscribeLink } from '@allim/catalogue';
import { type Outgoing } from '@allim/channel';
import { absoluteLink } from './link.js';
import { oneLine, paragraphs } from './plain.js';
import { defaultTemplate, type MailValues, type Templates } from './templates.js';

export interface Mail {
  /** One line. */
  subject: string;
  html: string;
  text: string;
  /** Where one click stops such mails; null where a mail is no promotion. */
  unsubscribe: string | null;
}

export interface MailSettings {
  /** The publisher's site: where links lead. */
  publicUrl: string;
  /** Where `api` is reached by people. */
  apiUrl: string;
  /** Name of the service, as it stands above each mail. */
  sender: string;
  imprint: string | null;
  unsubscribeSecret: string;
}

/** This mail cannot be rendered, now or later. The message names the parameter, never its value. */
export class MissingParameter extends Error {
  override readonly name = 'MissingParameter';
  constructor(template: string, parameter: string) {
    super(`template ${template}: parameter ${parameter} is missing`);
  }
}

/** Renders a message as a mail. Pure. Throws a MissingParameter. */
export type RenderMail = (message: Outgoing) => Mail;

export function mailRenderer(templates: Templates, settings: MailSettings): RenderMail {
  return (message) => {
    const inEach = templates.get(message.text) ?? templates.get(defaultTemplate);
    if (inEach === undefined) throw new Error(`there is no template ${defaultTemplate}`); // the loader has seen to it
    const template = inEach[message.language];
    const promotion = message.category === 'promotion';
    const missing = template.params.find((name) => !Object.hasOwn(message.params, name));
    if (missing !== undefined) throw new MissingParameter(template.name, missing);

    const values: MailValues = {
      language: message.language,
      sender: settings.sender,
      imprint: settings.imprint,
      imprintParts: settings.imprint?.split(' · ') ?? [],
      title: oneLine(message.title),
      message: paragraphs(message.message),
      link: absoluteLink(message.link, settings.publicUrl),
      home: settings.publicUrl,
      unsubscribe: promotion
        ? unsubscribeLink(
            settings.apiUrl,
            { userId: message.userId, category: message.category, channel: 'email' },
            settings.unsubscribeSecret,
          )
        : null,
      params: Object.fromEntries(template.params.map((name) => [name, oneLine(String(message.params[name]))])),
    };
    const { subject, html, text } = template.render(values);
    return {
      // The subject is the mail's title: the law's label stands at its beginning, whatever a template puts there.
      subject: oneLine(outsideTitle({ category: message.category, title: oneLine(subject) })) || settings.sender,
      html,
      text,
      unsubscribe: values.unsubscribe,
    };
  };
}
