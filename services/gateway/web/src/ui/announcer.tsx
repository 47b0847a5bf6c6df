/** Receipts and messages: shown as toasts, read out once, and never the only copy of anything. */
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { Link } from "wouter";
import { useT } from "../i18n/i18n.tsx";
import { Icon } from "./icons.tsx";

interface Toast {
  id: number;
  text: string;
  link?: { href: string; label: string };
}

interface Announcer {
  /** Shows and reads out a receipt. */
  receipt: (text: string, link?: Toast["link"], spoken?: string) => void;
  /** Only reads out. */
  say: (text: string) => void;
  /** Reads out at once. */
  alert: (text: string) => void;
}

const AnnouncerContext = createContext<Announcer | null>(null);

const TOAST_MS = 8_000;
const TOASTS_MAX = 4;
/** Long enough to be read out; later it would be stale news to whoever walks through the page. */
const SPOKEN_MS = 10_000;

export function AnnouncerProvider({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<Toast[]>([]);
  const [polite, setPolite] = useState("");
  const [urgent, setUrgent] = useState("");
  const nextId = useRef(1);
  const said = useRef("");
  const say = useCallback((text: string) => {
    // The same words twice are only read when the text differs: a trailing space is silent.
    said.current = said.current === text ? `${text} ` : text;
    setPolite(said.current);
  }, []);
  useEffect(() => {
    if (polite === "" && urgent === "") return;
    const timer = window.setTimeout(() => {
      said.current = "";
      setPolite("");
      setUrgent("");
    }, SPOKEN_MS);
    return () => window.clearTimeout(timer);
  }, [polite, urgent]);
  const value = useMemo<Announcer>(
    () => ({
      say,
      alert: (text) => setUrgent((old) => (old === text ? `${text} ` : text)),
      receipt: (text, link, spoken) => {
        const id = nextId.current++;
        setToasts((old) => [...old, link ? { id, text, link } : { id, text }].slice(-TOASTS_MAX));
        say(spoken ?? text);
      },
    }),
    [say],
  );
  const drop = useCallback(
    (id: number) => setToasts((old) => old.filter((toast) => toast.id !== id)),
    [],
  );
  return (
    <AnnouncerContext value={value}>
      {children}
      <Toasts toasts={toasts} drop={drop} />
      <div className="visually-hidden" role="status" aria-live="polite">
        {polite}
      </div>
      <div className="visually-hidden" role="alert">
        {urgent}
      </div>
    </AnnouncerContext>
  );
}

export function useAnnouncer(): Announcer {
  const value = useContext(AnnouncerContext);
  if (!value) throw new Error("useAnnouncer outside AnnouncerProvider");
  return value;
}

function Toasts({ toasts, drop }: { toasts: Toast[]; drop: (id: number) => void }) {
  const t = useT();
  const region = useRef<HTMLElement>(null);
  useEffect(() => {
    const reach = (event: KeyboardEvent) => {
      if (event.key !== "F6") return;
      const target = region.current?.querySelector<HTMLElement>("a, button");
      if (!target) return;
      event.preventDefault();
      target.focus();
    };
    window.addEventListener("keydown", reach);
    return () => window.removeEventListener("keydown", reach);
  }, []);
  return (
    <section ref={region} className="toasts" aria-label={t.shell.notifications}>
      {toasts.map((toast) => (
        <ToastLine key={toast.id} toast={toast} drop={drop} />
      ))}
    </section>
  );
}

function ToastLine({ toast, drop }: { toast: Toast; drop: (id: number) => void }) {
  const t = useT();
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (held) return;
    const timer = window.setTimeout(() => drop(toast.id), TOAST_MS);
    return () => window.clearTimeout(timer);
  }, [held, drop, toast.id]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: hovering only keeps it on the screen
    <div
      className="toast"
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <span>{toast.text}</span>
      {toast.link && <Link href={toast.link.href}>{toast.link.label}</Link>}
      <button type="button" className="quiet icon-only" onClick={() => drop(toast.id)}>
        <Icon name="cross" />
        <span className="visually-hidden">{t.common.dismiss}</span>
      </button>
    </div>
  );
}
