/** The runs that the editor shows something of. */
import { useQuery } from "@tanstack/react-query";
import { get, query } from "../api/client.ts";
import { runQuery } from "../api/queries.ts";
import type { Page, Run, RunDetail } from "../api/types.ts";
import { useTopics } from "../live/live.tsx";
import { outputsOf } from "./variables.ts";

/** The test, live; and what each node put out in it, or else in the workflow's newest run. */
export function useRuns(workflowId: string | null, testRun: string) {
  useTopics("", testRun);
  const test = useQuery({ ...runQuery(testRun), enabled: testRun !== "" });
  const newest = useQuery({
    queryKey: ["newest-run", workflowId],
    queryFn: async ({ signal }) => {
      const parameters = query({ workflow_id: workflowId, limit: 1 });
      const { items } = await get<Page<Run>>(`/runs${parameters}`, signal);
      const id = items[0]?.id;
      return id === undefined ? null : get<RunDetail>(`/runs/${encodeURIComponent(id)}`, signal);
    },
    enabled: workflowId !== null && testRun === "",
  });
  const shown = testRun === "" ? null : (test.data ?? null);
  return { test: shown, outputs: outputsOf(shown ?? newest.data) };
}
