/** A native modal dialog: the platform keeps the focus in, gives it back, and closes on Escape. */
import { type ReactNode, useEffect, useId, useRef } from "react";

interface Props {
  title: string;
  children: ReactNode;
  onClose: () => void;
  className?: string;
  /** A dialog that must be answered cannot be closed by Escape or a click beside it. */
  mandatory?: boolean;
}

export function Dialog({ title, children, onClose, className = "", mandatory = false }: Props) {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const dialog = element.current;
    const opener = document.activeElement;
    dialog?.showModal();
    dialog?.querySelector<HTMLElement>("[data-first-focus]")?.focus();
    return () => {
      dialog?.close();
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the click beside it is extra; Escape does the same
    <dialog
      ref={element}
      className={`dialog ${className}`}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        if (!mandatory) onClose();
      }}
      onClose={() => {
        // A second Escape closes it whatever was prevented; and so may the platform by means of its own.
        const dialog = element.current;
        if (!dialog?.isConnected || dialog.open) return;
        if (mandatory) dialog.showModal();
        else onClose();
      }}
      onClick={(event) => {
        if (event.target === element.current && !mandatory) onClose();
      }}
    >
      <div className="dialog-body">
        <h2 id={titleId} dir="auto">
          {title}
        </h2>
        {children}
      </div>
    </dialog>
  );
}
