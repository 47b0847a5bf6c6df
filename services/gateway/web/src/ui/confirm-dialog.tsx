/** Asks before what cannot be taken back: the way out is focused first, and what went wrong is said in place. */
import { type ReactNode, useState } from "react";
import { useT } from "../i18n/i18n.tsx";
import { Dialog } from "./dialog.tsx";
import { errorText } from "./states.tsx";

interface Props {
  title: string;
  /** What the red button says. */
  action: string;
  act: () => Promise<void>;
  onClose: () => void;
  children: ReactNode;
}

export function ConfirmDialog({ title, action, act, onClose, children }: Props) {
  const t = useT();
  const [fault, setFault] = useState<string | null>(null);
  const confirm = () => act().catch((error: unknown) => setFault(errorText(t, error)));
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      {fault && (
        <p className="fault" role="alert">
          {fault}
        </p>
      )}
      <div className="dialog-actions">
        <button type="button" data-first-focus onClick={onClose}>
          {t.common.cancel}
        </button>
        <button type="button" className="danger" onClick={() => void confirm()}>
          {action}
        </button>
      </div>
    </Dialog>
  );
}

interface LineProps {
  text: string;
  /** What it is done to: only heard, since the line shows it. */
  name: string;
  act: () => void;
  isDangerous?: boolean;
}

/** An action at the end of a line of a list. */
export function LineButton({ text, name, act, isDangerous = false }: LineProps) {
  return (
    <button type="button" className={isDangerous ? "quiet danger-text" : "quiet"} onClick={act}>
      {text}
      <span className="visually-hidden"> {name}</span>
    </button>
  );
}
