/** Two texts line by line; what was and what is are told apart by a sign as well as by colour. */
import { useMemo } from "react";
import { Plain } from "../ui/text.tsx";
import { compareLines, folded, type Line } from "./lines.ts";
import { useWorkflowWords } from "./words.ts";

const SIGNS = { same: " ", removed: "−", added: "+" };

interface Props {
  before: string;
  after: string;
  label: string;
}

export function LineDiff({ before, after, label }: Props) {
  const w = useWorkflowWords();
  const blocks = useMemo(() => folded(compareLines(before, after)), [before, after]);
  if (before === after) return <p className="muted">{w.same}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways, so the keyboard must reach it
    <section className="line-diff" aria-label={label} tabIndex={0} dir="ltr">
      <div>
        {blocks.map((block, index) =>
          Array.isArray(block) ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: the blocks of two texts never move
            <Lines key={index} lines={block} />
          ) : (
            // biome-ignore lint/suspicious/noArrayIndexKey: the blocks of two texts never move
            <p key={index} className="skipped">
              {w.skipped(block.skipped)}
            </p>
          ),
        )}
      </div>
    </section>
  );
}

function Lines({ lines }: { lines: Line[] }) {
  const w = useWorkflowWords();
  const spoken = { same: null, removed: w.was, added: w.is };
  return lines.map(({ kind, text }, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the lines of two texts never move
    <div key={index} className={`line ${kind}`}>
      <span aria-hidden="true">{SIGNS[kind]}</span>
      {spoken[kind] && <span className="visually-hidden">{spoken[kind]} </span>}
      <code>
        <Plain text={text} />
      </code>
    </div>
  ));
}
