/** The versions of a workflow: who saved each and when; any can be looked at, compared and restored, none can be changed. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { get, query } from "../api/client.ts";
import type { Page, Workflow, WorkflowVersion } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { LoadError, Loading } from "../ui/states.tsx";
import { UserText } from "../ui/text.tsx";
import { RelativeTime } from "../ui/time.tsx";
import { contentsQuery } from "./contents.ts";
import { RestoreButton } from "./restore.tsx";
import { useWorkflowWords } from "./words.ts";

const PAGE_SIZE = 10;

interface Props {
  workflow: Workflow;
  onChoose: (version: number) => void;
  onCompare: (from: number, to: number) => void;
}

export function Versions({ workflow, onChoose, onCompare }: Props) {
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

interface ViewProps {
  workflow: Workflow;
  version: string;
  hasDraft: boolean;
  onCompare: (from: string, to: string) => void;
  onBack: () => void;
  onRestored: (workflow: Workflow) => void;
}

export function VersionView({
  workflow,
  version,
  hasDraft,
  onCompare,
  onBack,
  onRestored,
}: ViewProps) {
  const t = useT();
  const w = useWorkflowWords();
  const found = useQuery(contentsQuery(workflow.id, version));
  const isOld = Number(version) !== workflow.version;
  return (
    <div className="stack">
      <div className="banner tone-info">
        <span>{t.editor.viewing(Number(version))}</span>
        <button type="button" onClick={onBack}>
          {t.editor.backToLatest}
        </button>
        {isOld && (
          <button type="button" onClick={() => onCompare(version, String(workflow.version))}>
            {w.compare}
          </button>
        )}
        {isOld && found.data && (
          <RestoreButton
            workflow={workflow}
            version={Number(version)}
            contents={found.data}
            hasDraft={hasDraft}
            onRestored={onRestored}
          />
        )}
      </div>
      {found.isError && <LoadError error={found.error} />}
      {found.isPending && <Loading lines={4} />}
      {found.data && (
        <textarea
          className="editor-text"
          readOnly
          wrap="off"
          dir="ltr"
          aria-label={t.editor.definition}
          value={found.data.source ?? found.data.yaml}
        />
      )}
    </div>
  );
}
