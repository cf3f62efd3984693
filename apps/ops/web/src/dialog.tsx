import { type ReactNode, useEffect, useId, useRef } from 'react';

/** A modal dialog of the browser: it keeps the focus, ends with Escape, and gives the focus back. */
export function Dialog({ title, onClose, children }: { title: ReactNode; onClose?: () => void; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    if (!dialog.current?.open) dialog.current?.showModal();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={titleId}
      // One that asks who is there cannot be waved away.
      onCancel={(event) => onClose === undefined && event.preventDefault()}
      onClose={onClose}
    >
      <h2 id={titleId}>{title}</h2>
      {children}
    </dialog>
  );
}
