/** How the app looks and speaks, the secrets of workflows, the tokens that act as oneself, and the way out. */
import { useRef } from "react";
import { Link } from "wouter";
import { useT } from "../i18n/i18n.tsx";
import { signOut, useUser } from "../session/session.tsx";
import { usePage } from "../shell/page.tsx";
import { useAnnouncer } from "../ui/announcer.tsx";
import { errorText } from "../ui/states.tsx";
import { Preferences } from "./preferences.tsx";
import { Secrets } from "./secrets.tsx";
import { useSystemWords } from "./system-words.ts";
import { Tokens } from "./tokens.tsx";

export default function SettingsPage() {
  const t = useT();
  const heading = useRef<HTMLHeadingElement>(null);
  usePage(t.nav.settings, heading);
  return (
    <>
      <header className="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {t.nav.settings}
        </h1>
      </header>
      <div className="settings">
        <Preferences />
        <Secrets />
        <Tokens />
        <System />
        <Account />
      </div>
    </>
  );
}

/** The way to what an admin looks after. */
function System() {
  const { w } = useSystemWords();
  if (useUser().role !== "admin") return null;
  return (
    <section className="card" aria-labelledby="system">
      <h2 id="system">{w.title}</h2>
      <Link href="/settings/system">{w.link}</Link>
    </section>
  );
}

function Account() {
  const t = useT();
  const user = useUser();
  const { receipt } = useAnnouncer();
  return (
    <section className="card" aria-labelledby="account">
      <h2 id="account">{t.settings.account}</h2>
      <p dir="auto">{t.settings.signedInAs(user.name, user.role)}</p>
      <button
        type="button"
        onClick={() => void signOut().catch((error) => receipt(errorText(t, error)))}
      >
        {t.session.signOut}
      </button>
    </section>
  );
}
