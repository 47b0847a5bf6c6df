/** Tabs by the usual keys: the arrows move between them, Tab goes on into the panel. */
import { type KeyboardEvent, type ReactNode, useId } from "react";

interface Props<K extends string> {
  label: string;
  tabs: readonly { key: K; name: string }[];
  shown: K;
  onShow: (key: K) => void;
  children: ReactNode;
}

export function Tabs<K extends string>({ label, tabs, shown, onShow, children }: Props<K>) {
  const id = useId();
  const move = (event: KeyboardEvent<HTMLButtonElement>) => {
    const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1 };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const place = tabs.findIndex((tab) => tab.key === shown) + step;
    const next = tabs[(place + tabs.length) % tabs.length];
    if (!next) return;
    onShow(next.key);
    document.getElementById(`${id}-${next.key}`)?.focus();
  };
  return (
    <>
      <div role="tablist" className="tabs wrapping" aria-label={label}>
        {tabs.map((tab) => (
          <button
            key={tab.key}
            id={`${id}-${tab.key}`}
            type="button"
            role="tab"
            aria-selected={tab.key === shown}
            aria-controls={`${id}-panel`}
            tabIndex={tab.key === shown ? 0 : -1}
            onClick={() => onShow(tab.key)}
            onKeyDown={move}
          >
            {tab.name}
          </button>
        ))}
      </div>
      <div id={`${id}-panel`} role="tabpanel" aria-labelledby={`${id}-${shown}`} className="stack">
        {children}
      </div>
    </>
  );
}
