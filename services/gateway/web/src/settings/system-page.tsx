/** What an admin looks after: the health of every replica, whether everything holds, and dead letters. */
import { useRef } from "react";
import { Link } from "wouter";
import { useUser } from "../session/session.tsx";
import { usePage } from "../shell/page.tsx";
import { DeadLetters } from "./dead-letters.tsx";
import { Health } from "./health.tsx";
import { useSystemWords } from "./system-words.ts";
import { Verify } from "./verify.tsx";

export default function SystemPage() {
  const { w } = useSystemWords();
  const user = useUser();
  const heading = useRef<HTMLHeadingElement>(null);
  usePage(w.title, heading);
  return (
    <>
      <header className="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {w.title}
        </h1>
        <p>
          <Link href="/settings">{w.back}</Link>
        </p>
      </header>
      {user.role === "admin" ? (
        <div className="settings">
          <Health />
          <Verify />
          <DeadLetters />
        </div>
      ) : (
        <p className="notice tone-warn">{w.forAdmins}</p>
      )}
    </>
  );
}
