/** The versions of a workflow: who saved each and when; any can be looked at and compared, none can be changed. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { get, query } from "../api/client.ts";
import type { Page, Workflow, WorkflowVersion } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { LoadError, Loading } from "../ui/states.tsx";
import { UserText } from "../ui/text.tsx";
import { RelativeTime } from "../ui/time.tsx";
import { useWorkflowWords } from "./words.ts";

const PAGE_SIZE = 10;

interface Props {
  workflow: Workflow;
  onChoose: (version: number) => void;
  onCompare: (from: number, to: number) => void;
}

export default function Versions({ workflow, onChoose, onCompare }: Props) {
  const t = useT();
  const w = useWorkflowWords();
  const versions = useInfiniteQuery({
    queryKey: ["workflow", workflow.id, "versions", "paged"],
    queryFn: ({ pageParam, signal }) =>
      get<Page<WorkflowVersion>>(
        `/workflows/${encodeURIComponent(workflow.id)}/versions${query({ limit: PAGE_SIZE, cursor: pageParam })}`,
        signal,
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor,
  });
  const items = versions.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className="card" aria-labelledby="versions-title">
      <h2 id="versions-title">{t.editor.versions}</h2>
      {versions.isError && <LoadError error={versions.error} />}
      {versions.isPending && <Loading lines={1} />}
      <ul className="plain lines">
        {items.map(({ version, created_at, created_by }) => (
          <li key={version}>
            <button type="button" className="quiet" onClick={() => onChoose(version)}>
              {t.editor.unchanged(version)}
            </button>
            {version === workflow.version && <span className="badge tone-ok">{w.current}</span>}
            <span className="muted small grow">
              <RelativeTime time={created_at} /> <UserText text={t.editor.versionBy(created_by)} />
            </span>
            {version > 1 && (
              <button
                type="button"
                className="quiet"
                aria-label={w.compareWithFormer(version)}
                onClick={() => onCompare(version - 1, version)}
              >
                {w.compare}
              </button>
            )}
          </li>
        ))}
      </ul>
      {versions.hasNextPage && (
        <button
          type="button"
          className="quiet"
          aria-disabled={versions.isFetchingNextPage || undefined}
          onClick={() => void versions.fetchNextPage()}
        >
          {w.showOlder}
        </button>
      )}
    </section>
  );
}
