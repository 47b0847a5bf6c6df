/** One task on a page of its own: for links that people share. Opening it never decides anything. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useRef } from "react";
import { Link } from "wouter";
import { taskQuery } from "../api/queries.ts";
import type { Task } from "../api/types.ts";
import { useFormat, useT } from "../i18n/i18n.tsx";
import { usePage } from "../shell/page.tsx";
import { useAnnouncer } from "../ui/announcer.tsx";
import { withoutHidden } from "../ui/bidi.ts";
import { Empty, isMissing, LoadError, Loading } from "../ui/states.tsx";
import { UserText } from "../ui/text.tsx";
import { Card } from "./card.tsx";
import { titleOf } from "./card-head.tsx";
import { DecisionDetails } from "./decision-details.tsx";
import { receiptText, runEndText } from "./receipt.tsx";

export default function TaskPage({ id }: { id: string }) {
  const t = useT();
  const task = useQuery(taskQuery(id));
  const heading = useRef<HTMLHeadingElement>(null);
  usePage(task.data ? withoutHidden(titleOf(task.data)) : t.nav.tasks, heading);
  if (isMissing(task.error)) return <MissingTask heading={heading} />;
  return (
    <>
      <header className="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {task.data ? <UserText text={titleOf(task.data)} /> : t.nav.tasks}
        </h1>
      </header>
      {task.isError && <LoadError error={task.error} />}
      {task.isPending && <Loading />}
      {task.data && (
        <StandaloneCard
          alone
          key={task.data.id}
          task={task.data}
          onDone={() => heading.current?.focus()}
        />
      )}
    </>
  );
}

interface StandaloneProps {
  task: Task;
  onDone: () => void;
  /** The page is about this task, and already has its title as its own. */
  alone?: boolean;
}

/** A card outside the list: on its page, and inside the run that waits for it. */
export function StandaloneCard({ task, onDone, alone = false }: StandaloneProps) {
  const t = useT();
  const format = useFormat();
  const titleId = useId();
  const queries = useQueryClient();
  const { receipt } = useAnnouncer();
  const set = (fresh: Task) => queries.setQueryData(taskQuery(task.id).queryKey, fresh);
  return (
    <section className="card alone" aria-labelledby={titleId}>
      <Card
        task={task}
        titleId={titleId}
        alone={alone}
        onDecided={(decided, action) => {
          set(decided);
          void queries.invalidateQueries({ queryKey: ["run", task.run_id] });
          receipt(receiptText(t, action), {
            href: `/runs/${task.run_id}`,
            label: t.common.openRun,
          });
          onDone();
        }}
        onChanged={set}
      />
      {task.decision && <DecisionDetails decision={task.decision} />}
      {task.decision && task.closed_reason && (
        <p className="receipt" dir="auto">
          {runEndText(t, format, task)}
        </p>
      )}
    </section>
  );
}

function MissingTask({ heading }: { heading: React.RefObject<HTMLHeadingElement | null> }) {
  const t = useT();
  return (
    <Empty>
      <h1 ref={heading} tabIndex={-1}>
        {t.nav.tasks}
      </h1>
      <p>{t.tasks.missing}</p>
      <Link className="button" href="/tasks">
        {t.tasks.toInbox}
      </Link>
    </Empty>
  );
}
