import { startChannel } from '@allim/channel';
import { type Program } from '@allim/platform';
import { mailSettings, type Settings, smtpOptions } from './config.js';
import { SmtpProvider } from './providers/smtp.js';
import { mailRenderer } from './render-mail.js';
import { loadTemplates } from './templates.js';

/** Starts the e-mail channel; resolves once it takes commands. */
export function startChannelEmail(settings: Settings): Promise<Program> {
  return startChannel({
    channel: 'email',
    settings,
    provider: () => new SmtpProvider(smtpOptions(settings), mailRenderer(loadTemplates(), mailSettings(settings))),
  });
}
