import { fullName, preview } from './preview.js';
import { languages, loadTemplates } from './templates.js';

// Prints a template's mails as JSON for `npm run allim -- template preview <name>`, which may not import an app.
try {
  const templates = loadTemplates();
  const name = fullName(process.argv[2] ?? '', templates);
  const mails = Object.fromEntries(languages.map((language) => [language, preview(name, language, templates)]));
  console.log(JSON.stringify({ name, mails }));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
