/** Whether everything holds: begun, stopped and gone on with here, with what was found. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import type { Finding, VerificationAnswer } from "../gen/api.ts";
import { useFormat, useI18n } from "../i18n/i18n.tsx";
import { useAnnouncer } from "../ui/announcer.tsx";
import { Icon } from "../ui/icons.tsx";
import { errorText, LoadError, Loading } from "../ui/states.tsx";
import { RelativeTime } from "../ui/time.tsx";
import { findingText } from "./finding-words.ts";
import { beginVerification, moveVerification, verificationQuery } from "./system-queries.ts";
import { useSystemWords } from "./system-words.ts";

export function Verify() {
  const { w, t } = useSystemWords();
  const queries = useQueryClient();
  const { receipt } = useAnnouncer();
  const busy = useRef(false);
  const last = useQuery(verificationQuery);
  const act = async (ask: () => Promise<VerificationAnswer>) => {
    if (busy.current) return;
    busy.current = true;
    try {
      queries.setQueryData(verificationQuery.queryKey, await ask());
    } catch (error) {
      receipt(errorText(t, error));
    } finally {
      busy.current = false;
      await queries.invalidateQueries({ queryKey: verificationQuery.queryKey });
    }
  };
  const look = last.data;
  return (
    <section className="card" aria-labelledby="verify">
      <h2 id="verify">{w.verify}</h2>
      <p className="muted">{w.verifyHelp}</p>
      {last.isPending && <Loading lines={1} />}
      {last.isError && <LoadError error={last.error} />}
      {look === null && <p>{w.never}</p>}
      {look && <Look look={look} />}
      <div className="row">
        {look?.state === "running" ? (
          <button type="button" onClick={() => void act(() => moveVerification(look.id, "stop"))}>
            {w.stop}
          </button>
        ) : (
          <button type="button" className="primary" onClick={() => void act(beginVerification)}>
            {w.begin}
          </button>
        )}
        {look?.state === "stopped" && (
          <button type="button" onClick={() => void act(() => moveVerification(look.id, "resume"))}>
            {w.resume}
          </button>
        )}
      </div>
    </section>
  );
}

function Look({ look }: { look: VerificationAnswer }) {
  const { w } = useSystemWords();
  const format = useFormat();
  const count = (service: string) => format.number(look.streams[service] ?? 0);
  const seen = w.seen(count("engine"), count("tasks"), format.number(look.events));
  const service = look.phase.split(" ")[0] ?? "";
  return (
    <>
      <p role="status">
        <Outcome look={look} /> {look.state !== "running" && `${seen}, `}
        <RelativeTime time={look.finished_at ?? look.started_at} />
      </p>
      {look.state === "running" && (
        <p>
          <progress aria-label={w.progress} max={1} value={shareDone(look)} />{" "}
          <span className="small">{w.phase(look.phase, count(service))}</span>
        </p>
      )}
      <ul className="plain lines">
        {look.findings.map((finding) => (
          <FindingLine
            key={`${finding.check} ${finding.subject} ${finding.message}`}
            finding={finding}
          />
        ))}
      </ul>
      {look.found > look.findings.length && <p>{w.firstOnly(look.findings.length)}</p>}
    </>
  );
}

function FindingLine({ finding }: { finding: Finding }) {
  const { language } = useI18n();
  const text = findingText(finding, language);
  // What an earlier release has found is known in English only.
  const inEnglish = text === finding ? "en" : undefined;
  return (
    <li lang={inEnglish}>
      <div className="grow">
        <strong>{text.subject}</strong>: {text.message} <code>{finding.check}</code>
        <div className="muted small">{text.remedy}</div>
      </div>
    </li>
  );
}

function Outcome({ look }: { look: VerificationAnswer }) {
  const { w } = useSystemWords();
  if (look.found > 0)
    return (
      <span className="badge tone-danger">
        <Icon name="warning" />
        {w.findings(look.found)}
      </span>
    );
  if (look.state === "done")
    return (
      <span className="badge tone-ok">
        <Icon name="tick" />
        {w.holds}
      </span>
    );
  return <span>{look.state === "running" ? w.running : w.stopped}</span>;
}

/** Refolding is nearly all of the work: half of it for runs, half for tasks. */
export function shareDone(look: Pick<VerificationAnswer, "phase" | "streams" | "totals">): number {
  const halves: Record<string, number> = { "engine streams": 0, "tasks streams": 0.5 };
  const begun = halves[look.phase];
  if (begun === undefined) return 1;
  const service = look.phase.split(" ")[0] ?? "";
  const total = look.totals[service] ?? 0;
  if (total === 0) return begun;
  return begun + Math.min(1, (look.streams[service] ?? 0) / total) / 2;
}
