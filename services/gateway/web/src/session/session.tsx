/** Who is signed in. Without a session there is only the sign-in page; a session that ends keeps the page and asks again. */
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { call, get, Problem, rememberSession, whenSignedOut } from "../api/client.ts";
import type { Session, User } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { LoadError, Loading } from "../ui/states.tsx";
import { SignInForm, SignInPage } from "./sign-in.tsx";

const SessionContext = createContext<Session | null>(null);

async function readSession(): Promise<Session | null> {
  try {
    return await get<Session>("/session");
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return null;
    throw error;
  }
}

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: readSession,
  staleTime: Number.POSITIVE_INFINITY,
});

export function SessionGate({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const session = useQuery(sessionQuery);
  const [ended, setEnded] = useState(false);
  useEffect(() => whenSignedOut(() => setEnded(true)), []);
  const signedIn = (fresh: Session) => {
    rememberSession(fresh);
    queries.setQueryData(["session"], fresh);
    setEnded(false);
    void queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "session" });
  };
  if (session.data) rememberSession(session.data);
  if (window.location.pathname === "/sign-in" || session.data === null)
    return <SignInPage onSignedIn={signedIn} />;
  if (session.isPending) return <Loading />;
  // Who this is was known, and asking again failed: no reason to take the page away.
  if (session.data === undefined)
    return <LoadError error={session.error} retry={() => void session.refetch()} />;
  return (
    <SessionContext value={session.data}>
      {children}
      {ended && <SignInAgain onSignedIn={signedIn} />}
    </SessionContext>
  );
}

export function useUser(): User {
  const session = useContext(SessionContext);
  if (!session) throw new Error("useUser outside SessionGate");
  return session.user;
}

/** Forgets the session here and on the server; everything typed in this tab goes with it. */
export async function signOut(): Promise<void> {
  await call("DELETE", "/session");
  sessionStorage.clear();
  // What editors keep here until the server has it.
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith("flusso.editor.")) localStorage.removeItem(key);
  }
  window.location.assign("/sign-in");
}

function SignInAgain({ onSignedIn }: { onSignedIn: (session: Session) => void }) {
  const t = useT();
  const queries = useQueryClient();
  useEffect(() => {
    // Signing in with the link in another tab is enough: the cookie is shared.
    const look = async () => {
      const fresh = await readSession().catch(() => null);
      if (fresh) onSignedIn(fresh);
    };
    window.addEventListener("focus", look);
    return () => window.removeEventListener("focus", look);
  });
  return (
    <Dialog title={t.session.againTitle} onClose={() => void queries.invalidateQueries()} mandatory>
      <p>{t.session.again}</p>
      <SignInForm onSignedIn={onSignedIn} />
    </Dialog>
  );
}
