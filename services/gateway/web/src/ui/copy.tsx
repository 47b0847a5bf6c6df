/** Copies a text; says so in its own label. Works over plain HTTP too, where the clipboard interface is missing. */
import { useEffect, useState } from "react";
import { useT } from "../i18n/i18n.tsx";
import { useAnnouncer } from "./announcer.tsx";

const SHOWN_MS = 2_000;

export function CopyButton({ text, label }: { text: string; label?: string }) {
  const t = useT();
  const { say } = useAnnouncer();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = window.setTimeout(() => setCopied(false), SHOWN_MS);
    return () => window.clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    await writeClipboard(text);
    setCopied(true);
    say(t.common.copied);
  };
  return (
    <button type="button" className="quiet" onClick={() => void copy()}>
      {copied ? t.common.copied : (label ?? t.common.copy)}
    </button>
  );
}

async function writeClipboard(text: string): Promise<void> {
  if (navigator.clipboard)
    return navigator.clipboard.writeText(text).catch(() => copyBySelection(text));
  copyBySelection(text);
}

function copyBySelection(text: string): void {
  const opener = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
  if (opener instanceof HTMLElement) opener.focus();
}
