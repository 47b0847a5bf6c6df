/** What can be done to a workflow from any page, each with its receipt. */
import { useQueryClient } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { call, Problem, post } from "../api/client.ts";
import type { Workflow } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { useAnnouncer } from "../ui/announcer.tsx";
import { withoutHidden } from "../ui/bidi.ts";
import { errorText } from "../ui/states.tsx";
import { useActionWords } from "./action-words.ts";

export function useWorkflowActions() {
  const t = useT();
  const w = useActionWords();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  const { receipt, alert } = useAnnouncer();

  const refresh = () =>
    queries.invalidateQueries({
      predicate: ({ queryKey }) => queryKey[0] === "workflows" || queryKey[0] === "workflow",
    });

  const attempt = async (work: () => Promise<string>): Promise<void> => {
    try {
      receipt(await work());
    } catch (error) {
      receipt(errorText(t, error));
      alert(errorText(t, error));
    } finally {
      await refresh();
    }
  };

  const pathOf = (workflow: Workflow) => `/workflows/${encodeURIComponent(workflow.id)}`;

  return {
    activate: async (workflow: Workflow): Promise<void> => {
      try {
        await post(`${pathOf(workflow)}/activate`);
        receipt(t.workflows.activated(withoutHidden(workflow.name)));
      } catch (error) {
        const lacksSecret = error instanceof Problem && error.code === "webhook-secret-missing";
        const text = lacksSecret ? w.secretMissing : errorText(t, error);
        const link = { href: `/workflows/${workflow.id}`, label: w.toSecret };
        receipt(text, lacksSecret ? link : undefined);
        alert(text);
      } finally {
        await refresh();
      }
    },
    pause: (workflow: Workflow) =>
      attempt(async () => {
        await post(`${pathOf(workflow)}/pause`);
        return t.workflows.pausedNow(withoutHidden(workflow.name));
      }),
    duplicate: (workflow: Workflow) =>
      attempt(async () => {
        const copy = await post<Workflow>(`${pathOf(workflow)}/duplicate`);
        navigate(`/workflows/${copy.id}`);
        return t.workflows.duplicated(withoutHidden(copy.name));
      }),
    /** Throws what the server refused, so that the dialog can say it. */
    remove: async (workflow: Workflow, cancelRuns: boolean) => {
      await call<void>("DELETE", `${pathOf(workflow)}${cancelRuns ? "?cancel_runs=true" : ""}`);
      receipt(t.workflows.deleted(withoutHidden(workflow.name)));
      await refresh();
    },
  };
}
