import { useEffect, useState } from 'react';
import { useTexts } from './texts/texts.js';

const themes = ['system', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];

const chosen = 'allim.theme';
const kept = (): Theme => themes.find((theme) => theme === localStorage.getItem(chosen)) ?? 'system';

document.documentElement.dataset.theme = kept();

export function ThemeSwitch() {
  const t = useTexts();
  const [theme, setTheme] = useState(kept);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem(chosen, theme);
  }, [theme]);
  return (
    <label className="select">
      <span className="hidden-text">{t.theme.label}</span>
      <select value={theme} onChange={({ target }) => setTheme(target.value as Theme)}>
        {themes.map((one) => (
          <option key={one} value={one}>
            {t.theme[one]}
          </option>
        ))}
      </select>
    </label>
  );
}
