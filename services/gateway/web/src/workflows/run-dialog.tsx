/** Starts a run by hand; the dialog is fetched when it is opened. */
import { lazy, Suspense, useState } from "react";
import type { Json, Workflow } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { withoutHidden } from "../ui/bidi.ts";
import { Icon } from "../ui/icons.tsx";
import type { StartProps } from "./start-dialog.tsx";

const StartDialog = lazy(() => import("./start-dialog.tsx"));

interface ButtonProps {
  workflow: Workflow;
  label?: string;
  input?: Json;
  className?: string;
}

export function RunButton({ workflow, label, input, className = "" }: ButtonProps) {
  const t = useT();
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" className={className} onClick={() => setOpen(true)}>
        <Icon name="play" />
        {label ?? t.workflows.run}
        {!label && <span className="visually-hidden"> {withoutHidden(workflow.name)}</span>}
      </button>
      {open && <RunDialog workflow={workflow} input={input} onClose={() => setOpen(false)} />}
    </>
  );
}

export function RunDialog(props: StartProps) {
  return (
    <Suspense fallback={null}>
      <StartDialog {...props} />
    </Suspense>
  );
}
