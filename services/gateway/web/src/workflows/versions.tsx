/** The versions of a workflow: who saved each and when; any can be looked at, none can be changed. */
import { useQuery } from "@tanstack/react-query";
import { call, get } from "../api/client.ts";
import { versionsQuery } from "../api/queries.ts";
import type { JsonObject, Validation, Workflow } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { LoadError, Loading } from "../ui/states.tsx";
import { UserText } from "../ui/text.tsx";
import { RelativeTime } from "../ui/time.tsx";

interface Props {
  workflow: Workflow;
  onChoose: (version: number) => void;
}

export function Versions({ workflow, onChoose }: Props) {
  const t = useT();
  const versions = useQuery({ ...versionsQuery(workflow.id) });
  return (
    <section className="card" aria-labelledby="versions-title">
      <h2 id="versions-title">{t.editor.versions}</h2>
      {versions.isError && <LoadError error={versions.error} />}
      {versions.isPending && <Loading lines={1} />}
      <ul className="plain lines">
        {versions.data?.items.map((version) => (
          <li key={version.version}>
            <button type="button" className="quiet" onClick={() => onChoose(version.version)}>
              {t.editor.unchanged(version.version)}
            </button>
            <span className="muted small">
              <RelativeTime time={version.created_at} />{" "}
              <UserText text={t.editor.versionBy(version.created_by)} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

async function readVersion(id: string, version: string, signal: AbortSignal): Promise<string> {
  const path = `/workflows/${encodeURIComponent(id)}/versions/${encodeURIComponent(version)}`;
  const { definition } = await get<{ definition: JsonObject }>(path, signal);
  const checked = await call<Validation>("POST", "/workflows/validate", {
    body: { definition },
    signal,
  });
  return checked.yaml ?? JSON.stringify(definition, null, 2);
}

interface ViewProps {
  id: string;
  version: string;
  onBack: () => void;
}

export function VersionView({ id, version, onBack }: ViewProps) {
  const t = useT();
  const text = useQuery({
    queryKey: ["workflow", id, "version", version],
    queryFn: ({ signal }) => readVersion(id, version, signal),
  });
  return (
    <div className="stack">
      <p className="banner tone-info">
        {t.editor.viewing(Number(version))}{" "}
        <button type="button" onClick={onBack}>
          {t.editor.backToLatest}
        </button>
      </p>
      {text.isError && <LoadError error={text.error} />}
      {text.isPending && <Loading lines={4} />}
      {text.data !== undefined && (
        <textarea
          className="editor-text"
          readOnly
          wrap="off"
          dir="ltr"
          aria-label={t.editor.definition}
          value={text.data}
        />
      )}
    </div>
  );
}
