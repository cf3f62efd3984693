import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Console } from './console.js';
import './style.css';
import { Speaking } from './texts/texts.js';

// After an upgrade of ops a page may ask for a part that is there no more: the new console has it. Once, not for ever.
addEventListener('vite:preloadError', (event) => {
  if (sessionStorage.getItem('allim.reloaded') === location.pathname) return;
  sessionStorage.setItem('allim.reloaded', location.pathname);
  event.preventDefault();
  location.reload();
});

createRoot(document.getElementById('console')!).render(
  <StrictMode>
    <Speaking>
      <Console />
    </Speaking>
  </StrictMode>,
);
