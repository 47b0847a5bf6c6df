/** What a workflow was: one version to look at and to restore, or two of them compared. */
import { useQuery } from "@tanstack/react-query";
import type { Workflow } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { LoadError, Loading } from "../ui/states.tsx";
import { CompareView } from "./compare-view.tsx";
import { contentsQuery } from "./contents.ts";
import { fetchDraft } from "./editor-draft.ts";
import { RestoreButton } from "./restore.tsx";
import { useWorkflowWords } from "./words.ts";

interface PastProps {
  workflow: Workflow;
  version: string;
  compared: RegExpExecArray | null;
  onCompare: (from: string, to: string) => void;
  onBack: () => void;
  onRestored: () => void;
}

export default function Past({
  workflow,
  version,
  compared,
  onCompare,
  onBack,
  onRestored,
}: PastProps) {
  const draft = useQuery({
    queryKey: ["workflow", workflow.id, "has-draft"],
    queryFn: async ({ signal }) => Boolean(await fetchDraft(workflow.id, signal)),
    staleTime: 0,
    gcTime: 0,
  });
  const shared = { workflow, hasDraft: draft.data ?? false, onBack, onRestored };
  if (!compared) {
    return <VersionView {...shared} key={version} version={version} onCompare={onCompare} />;
  }
  const [, from = "", to = ""] = compared;
  return <CompareView {...shared} from={from} to={to} onChoose={onCompare} />;
}

interface ViewProps {
  workflow: Workflow;
  version: string;
  hasDraft: boolean;
  onCompare: (from: string, to: string) => void;
  onBack: () => void;
  onRestored: (workflow: Workflow) => void;
}

function VersionView({ workflow, version, hasDraft, onCompare, onBack, onRestored }: ViewProps) {
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
