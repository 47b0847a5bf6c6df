/** The prompt of a task: the first lines, and a way to see all of it. */
import { useQuery } from "@tanstack/react-query";
import { useLayoutEffect, useRef, useState } from "react";
import { taskQuery } from "../api/queries.ts";
import type { Task } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { Markdown } from "../ui/prose.tsx";

export function Prompt({ task, open = false }: { task: Task; open?: boolean }) {
  const t = useT();
  const [all, setAll] = useState(open);
  const [overflows, setOverflows] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const shortened = Boolean(task.prompt_truncated);
  const whole = useQuery({ ...taskQuery(task.id), enabled: all && shortened });
  useLayoutEffect(() => {
    const element = box.current;
    if (!element || all) return;
    const measure = () => setOverflows(element.scrollHeight > element.clientHeight + 1);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [all]);
  if (task.prompt.trim() === "") return null;
  const text = all && whole.data ? whole.data.prompt : task.prompt;
  return (
    <div className="prompt">
      <div ref={box} className={lookOf(all, overflows)}>
        <Markdown text={text} />
      </div>
      {(overflows || shortened || all) && !open && (
        <button type="button" className="quiet" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? t.common.showLess : t.common.showAll}
        </button>
      )}
    </div>
  );
}

function lookOf(all: boolean, overflows: boolean): string {
  if (all) return "prompt-text";
  return overflows ? "prompt-text clamped overflows" : "prompt-text clamped";
}
