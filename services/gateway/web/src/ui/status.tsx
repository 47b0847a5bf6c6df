/** A status as icon and word: never by colour alone. */
import type { StepStatus, WorkflowStatus } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { Icon, type IconName } from "./icons.tsx";

const LOOKS: Record<StepStatus | WorkflowStatus, { icon: IconName; tone: string }> = {
  Queued: { icon: "ring", tone: "muted" },
  Running: { icon: "spinner", tone: "accent" },
  Waiting: { icon: "person", tone: "warn" },
  Completed: { icon: "tick", tone: "ok" },
  Failed: { icon: "cross", tone: "danger" },
  Cancelled: { icon: "stop", tone: "muted" },
  Skipped: { icon: "skip", tone: "muted" },
  Retrying: { icon: "retry", tone: "warn" },
  Draft: { icon: "pencil", tone: "info" },
  Active: { icon: "tick", tone: "ok" },
  Paused: { icon: "pause", tone: "muted" },
};

export function StatusBadge({ status }: { status: StepStatus | WorkflowStatus }) {
  const t = useT();
  const look = LOOKS[status] ?? LOOKS.Queued;
  return (
    <span className={`badge tone-${look.tone}`}>
      <Icon name={look.icon} className={status === "Running" ? "spin" : ""} />
      {t.status[status] ?? status}
    </span>
  );
}
