/** Whether what is shown is live: a dot and a word. The first seconds of connecting are nobody's concern. */
import { useEffect, useState } from "react";
import { useT } from "../i18n/i18n.tsx";
import { useConnection } from "../live/live.tsx";

const QUIET_MS = 3_000;

export function ConnectionState() {
  const t = useT();
  const connection = useConnection();
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (connection !== "connecting") return;
    const timer = window.setTimeout(() => setLate(true), QUIET_MS);
    return () => window.clearTimeout(timer);
  }, [connection]);
  if (connection === "connecting" && !late) return <p className="connection" />;
  const words = {
    connecting: t.shell.connecting,
    live: t.shell.live,
    paused: t.shell.pausedShort,
    offline: t.shell.offlineShort,
    "signed-out": t.shell.pausedShort,
  };
  return (
    <p className={`connection ${connection}`} data-connection={connection}>
      <span className="dot" aria-hidden="true" />
      <span className="label">{words[connection]}</span>
    </p>
  );
}
