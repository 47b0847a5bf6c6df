/** What a page shows while it has nothing, nothing yet, or bad news. */
import { useQueryClient } from "@tanstack/react-query";
import { Component, type ReactNode, useEffect, useState } from "react";
import { Problem } from "../api/client.ts";
import type { Messages } from "../i18n/en.ts";
import { useI18n, useT } from "../i18n/i18n.tsx";
import { now } from "./clock.ts";
import { Icon } from "./icons.tsx";

const QUIET_MS = 200;

/** Skeletons of about the final height, but only when loading takes long enough to notice. */
export function Loading({ lines = 3 }: { lines?: number }) {
  const t = useT();
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = window.setTimeout(() => setLate(true), QUIET_MS);
    return () => window.clearTimeout(timer);
  }, []);
  return (
    <div className="skeletons" aria-busy="true">
      <span className="visually-hidden">{t.common.loading}</span>
      {late &&
        Array.from({ length: lines }, (_, index) => `line-${index}`).map((key) => (
          <div key={key} className="skeleton" />
        ))}
    </div>
  );
}

export function Empty({ children }: { children: ReactNode }) {
  return <div className="empty">{children}</div>;
}

interface LoadErrorProps {
  error: unknown;
  retry?: () => void;
  /** When what is still on the page was true; 0 when nothing is. */
  shownSince?: number;
}

export function LoadError({ error, retry, shownSince = 0 }: LoadErrorProps) {
  const { t, format } = useI18n();
  const queries = useQueryClient();
  return (
    <div className="notice tone-danger" role="alert">
      <Icon name="warning" />
      <div>
        <p>{errorText(t, error)}</p>
        {shownSince > 0 && (
          <p>{t.common.asOf(format.clock(new Date(shownSince).toISOString(), now()))}</p>
        )}
        <button
          type="button"
          onClick={retry ?? (() => void queries.refetchQueries({ type: "active" }))}
        >
          {t.common.tryAgain}
        </button>
      </div>
    </div>
  );
}

/** What went wrong, in words that say what to do next. */
export function errorText(t: Messages, error: unknown): string {
  if (!(error instanceof Problem)) return t.errors.unanswered;
  if (error.status === 403) return error.text("detail") ?? t.errors.forbidden;
  if (error.status === 503) return t.errors.away;
  if (error.status >= 500) return t.errors.server(error.text("error_id") ?? String(error.status));
  return error.message;
}

export function isMissing(error: unknown): boolean {
  return error instanceof Problem && error.status === 404;
}

interface BoundaryProps {
  children: ReactNode;
  fallback: ReactNode;
}

/** Keeps a broken page from taking the sidebar with it; give it a `key` to try anew. */
export class ErrorBoundary extends Component<BoundaryProps, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    return this.state.failed ? this.props.fallback : this.props.children;
  }
}
