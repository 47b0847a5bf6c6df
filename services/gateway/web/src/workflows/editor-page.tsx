/** A workflow's page: its text, what is wrong with it, and what can be done with it. */
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useRef } from "react";
import { Link } from "wouter";
import { workflowQuery } from "../api/queries.ts";
import { useT } from "../i18n/i18n.tsx";
import { usePage } from "../shell/page.tsx";
import { withoutHidden } from "../ui/bidi.ts";
import { Empty, isMissing, LoadError, Loading } from "../ui/states.tsx";
import { StatusBadge } from "../ui/status.tsx";
import { UserText } from "../ui/text.tsx";
import { EditorForm } from "./editor-form.tsx";
import { WorkflowMenu } from "./workflow-menu.tsx";

const Webhook = lazy(() => import("./webhook.tsx"));

export default function EditorPage({ id }: { id: string | null }) {
  return id === null ? <NewWorkflow /> : <ExistingWorkflow id={id} />;
}

function NewWorkflow() {
  const t = useT();
  const heading = useRef<HTMLHeadingElement>(null);
  usePage(t.editor.newTitle, heading);
  return (
    <>
      <header className="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {t.editor.newTitle}
        </h1>
      </header>
      <EditorForm workflow={null} />
    </>
  );
}

function ExistingWorkflow({ id }: { id: string }) {
  const t = useT();
  const workflow = useQuery(workflowQuery(id));
  const heading = useRef<HTMLHeadingElement>(null);
  const name = workflow.data?.name ?? t.nav.workflows;
  usePage(withoutHidden(name), heading);
  if (isMissing(workflow.error)) {
    return (
      <Empty>
        <h1 ref={heading} tabIndex={-1}>
          {t.nav.workflows}
        </h1>
        <p>{t.workflows.missing}</p>
        <Link className="button" href="/workflows">
          {t.workflows.toList}
        </Link>
      </Empty>
    );
  }
  return (
    <>
      <header className="page-head">
        <div className="row">
          <h1 ref={heading} tabIndex={-1}>
            <UserText text={name} />
          </h1>
          {workflow.data && <StatusBadge status={workflow.data.status} />}
        </div>
        {workflow.data && <WorkflowMenu workflow={workflow.data} />}
      </header>
      {workflow.isError && <LoadError error={workflow.error} />}
      {workflow.isPending && <Loading lines={4} />}
      {workflow.data && <EditorForm key={workflow.data.id} workflow={workflow.data} />}
      {workflow.data?.webhook_url && (
        <Suspense fallback={<Loading lines={2} />}>
          <Webhook workflow={workflow.data} />
        </Suspense>
      )}
    </>
  );
}
