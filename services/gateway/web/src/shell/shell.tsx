/** The frame around every page: skip link, navigation, connection state, and banners that are never modal. */
import { type ReactNode, useEffect, useState } from "react";
import { useT } from "../i18n/i18n.tsx";
import { useConnection, useNewBuild, useTopics } from "../live/live.tsx";
import { useProfileHere } from "../session/profile.ts";
import { useAnnouncer } from "../ui/announcer.tsx";
import { Icon } from "../ui/icons.tsx";
import { BottomBar } from "./bottom-bar.tsx";
import { GlobalKeys } from "./global-keys.tsx";
import { Sidebar } from "./sidebar.tsx";

const COLLAPSED = "flusso.sidebar";

export function Shell({ children }: { children: ReactNode }) {
  const t = useT();
  useTopics("tasks");
  useProfileHere();
  const [collapsed, setCollapsed] = useState(() => localStorage.getItem(COLLAPSED) === "collapsed");
  const toggle = () => {
    localStorage.setItem(COLLAPSED, collapsed ? "open" : "collapsed");
    setCollapsed(!collapsed);
  };
  return (
    <div className={collapsed ? "shell collapsed" : "shell"}>
      <a className="skip" href="#main">
        {t.shell.skip}
      </a>
      <Sidebar collapsed={collapsed} toggle={toggle} />
      <main id="main" tabIndex={-1}>
        <Banners />
        {children}
      </main>
      <BottomBar />
      <GlobalKeys />
    </div>
  );
}

function Banners() {
  const t = useT();
  const connection = useConnection();
  const newBuild = useNewBuild();
  const { say } = useAnnouncer();
  const text =
    connection === "offline" ? t.shell.offline : connection === "paused" ? t.shell.paused : null;
  useEffect(() => {
    if (text) say(text);
  }, [text, say]);
  return (
    <>
      {text && (
        <p className="banner tone-warn">
          <Icon name="warning" /> {text}
        </p>
      )}
      {newBuild && (
        <p className="banner tone-info">
          {t.shell.newBuild}{" "}
          <button type="button" onClick={() => window.location.reload()}>
            {t.shell.reload}
          </button>
        </p>
      )}
    </>
  );
}
