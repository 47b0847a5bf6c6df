/** Signing in by a one-time link. The link's token is in the fragment, and only a click spends it. */
import { type FormEvent, useEffect, useRef, useState } from "react";
import { navigate } from "wouter/use-browser-location";
import { call, Problem } from "../api/client.ts";
import type { Session } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { Icon } from "../ui/icons.tsx";
import { errorText } from "../ui/states.tsx";

interface Props {
  onSignedIn: (session: Session) => void;
}

/** The token of a pasted link, of its fragment, or the pasted text itself. */
export function tokenOf(text: string): string {
  const trimmed = text.trim();
  const fragment = trimmed.includes("#") ? trimmed.slice(trimmed.indexOf("#") + 1) : trimmed;
  return new URLSearchParams(fragment).get("token") ?? (trimmed.includes("#") ? "" : trimmed);
}

export function SignInPage({ onSignedIn }: Props) {
  const t = useT();
  useEffect(() => {
    document.title = `${t.session.title} - Flusso`;
  }, [t]);
  const done = (session: Session) => {
    if (window.location.pathname === "/sign-in") navigate("/", { replace: true });
    onSignedIn(session);
  };
  return (
    <main className="sign-in">
      <div className="card">
        <p className="brand">
          <Icon name="workflows" /> Flusso
        </p>
        <h1>{t.session.title}</h1>
        <SignInForm onSignedIn={done} />
      </div>
    </main>
  );
}

export function SignInForm({ onSignedIn }: Props) {
  const t = useT();
  const [token, setToken] = useState(tokenInUrl);
  const [pasted, setPasted] = useState("");
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const take = () => setToken(tokenInUrl());
    window.addEventListener("hashchange", take);
    return () => window.removeEventListener("hashchange", take);
  }, []);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const secret = token || tokenOf(pasted);
    if (busy) return;
    if (!secret) {
      setFault(t.session.linkRequired);
      return field.current?.focus();
    }
    setBusy(true);
    setFault(null);
    try {
      onSignedIn(await call<Session>("POST", "/session", { body: { token: secret } }));
    } catch (error) {
      const refused = error instanceof Problem && error.status < 500;
      setFault(refused ? t.session.refused : errorText(t, error));
      // A spent link never works again: the field for another one appears.
      if (refused) setToken("");
    } finally {
      setBusy(false);
    }
  };

  return (
    <form className="stack" noValidate onSubmit={(event) => void submit(event)}>
      {token ? (
        <p>{t.session.ready}</p>
      ) : (
        <div className="field">
          <p id="sign-in-how" className="help">
            {t.session.how}
          </p>
          <label htmlFor="sign-in-link">{t.session.link}</label>
          <input
            id="sign-in-link"
            ref={field}
            type="text"
            autoComplete="off"
            spellCheck={false}
            value={pasted}
            aria-describedby={fault ? "sign-in-how sign-in-fault" : "sign-in-how"}
            aria-invalid={fault !== null || undefined}
            onChange={(event) => setPasted(event.target.value)}
          />
        </div>
      )}
      {fault && (
        <p id="sign-in-fault" className="fault" role="alert">
          {fault}
        </p>
      )}
      <button type="submit" className="primary" aria-disabled={busy || undefined}>
        {busy ? t.session.busy : t.session.button}
      </button>
    </form>
  );
}

function tokenInUrl(): string {
  return window.location.pathname === "/sign-in" && window.location.hash
    ? tokenOf(window.location.hash)
    : "";
}
