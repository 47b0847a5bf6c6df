/** The map from addresses to pages. The inbox is part of the first load; every other page is fetched when visited. */
import { lazy, Suspense, useEffect } from "react";
import { Link, Route, Switch, useLocation } from "wouter";
import { useT } from "./i18n/i18n.tsx";
import { LiveProvider } from "./live/live.tsx";
import { SessionGate } from "./session/session.tsx";
import { Shell } from "./shell/shell.tsx";
import InboxPage from "./tasks/inbox-page.tsx";
import TaskPage from "./tasks/task-page.tsx";
import { AnnouncerProvider } from "./ui/announcer.tsx";
import { Empty, ErrorBoundary, Loading } from "./ui/states.tsx";

const DashboardPage = lazy(() => import("./dashboard/dashboard-page.tsx"));
const WorkflowsPage = lazy(() => import("./workflows/workflows-page.tsx"));
const EditorPage = lazy(() => import("./workflows/editor-page.tsx"));
const HistoryPage = lazy(() => import("./runs/history-page.tsx"));
const RunPage = lazy(() => import("./runs/run-page.tsx"));
const MonitorPage = lazy(() => import("./monitor/monitor-page.tsx"));
const TimelinesPage = lazy(() => import("./timelines/timelines-page.tsx"));
const SettingsPage = lazy(() => import("./settings/settings-page.tsx"));
const SystemPage = lazy(() => import("./settings/system-page.tsx"));

export function App() {
  return (
    <AnnouncerProvider>
      <SessionGate>
        <LiveProvider>
          <Shell>
            <Pages />
          </Shell>
        </LiveProvider>
      </SessionGate>
    </AnnouncerProvider>
  );
}

function Pages() {
  const [path] = useLocation();
  return (
    <ErrorBoundary key={path} fallback={<Crashed />}>
      <Suspense fallback={<Loading />}>
        <Switch>
          <Route path="/" component={DashboardPage} />
          <Route path="/tasks" component={InboxPage} />
          <Route path="/tasks/:id">{({ id }) => <TaskPage key={id} id={id} />}</Route>
          <Route path="/workflows" component={WorkflowsPage} />
          <Route path="/workflows/new">{() => <EditorPage key="new" id={null} />}</Route>
          <Route path="/workflows/:id">{({ id }) => <EditorPage key={id} id={id} />}</Route>
          <Route path="/workflows/:id/runs">{({ id }) => <HistoryPage key={id} id={id} />}</Route>
          <Route path="/runs/:id">{({ id }) => <RunPage key={id} id={id} />}</Route>
          <Route path="/monitor" component={MonitorPage} />
          <Route path="/timelines" component={TimelinesPage} />
          <Route path="/settings" component={SettingsPage} />
          <Route path="/settings/system" component={SystemPage} />
          <Route>
            <NotFound />
          </Route>
        </Switch>
      </Suspense>
    </ErrorBoundary>
  );
}

function NotFound() {
  const t = useT();
  useEffect(() => {
    document.title = `${t.shell.notFoundTitle} - Flusso`;
  }, [t]);
  return (
    <Empty>
      <h1>{t.shell.notFoundTitle}</h1>
      <p>{t.shell.notFound}</p>
      <Link className="button" href="/">
        {t.shell.toDashboard}
      </Link>
    </Empty>
  );
}

function Crashed() {
  const t = useT();
  return (
    <Empty>
      <h1>{t.shell.crashedTitle}</h1>
      <p>{t.shell.crashed}</p>
      <button type="button" onClick={() => window.location.reload()}>
        {t.shell.reload}
      </button>
    </Empty>
  );
}
