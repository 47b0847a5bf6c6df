/** The frame of every chart: its heading, the drawing, and the same figures as a table. */
import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { useMonitorWords } from "./words.ts";

interface FigureProps {
  title: string;
  children: ReactNode;
  table: { head: string[]; rows: (string | number)[][] };
  /** Beside the heading. */
  control?: ReactNode;
  wide?: boolean;
}

export function Figure({ title, children, table, control, wide = false }: FigureProps) {
  const { w } = useMonitorWords();
  const id = useId();
  return (
    <section
      className={wide ? "card chart-card wide-chart" : "card chart-card"}
      aria-labelledby={id}
    >
      <div className="row between">
        <h2 id={id}>{title}</h2>
        {control}
      </div>
      {table.rows.length === 0 ? <p className="muted">{w.nothing}</p> : children}
      {table.rows.length > 0 && (
        <details>
          <summary>{w.asTable}</summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no pointer scrolls it by keyboard */}
          <section className="chart-table" tabIndex={0} aria-label={title}>
            <table>
              <thead>
                <tr>
                  {table.head.map((name) => (
                    <th key={name} scope="col">
                      {name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {table.rows.map((cells) => (
                  <TableRow key={cells.join("|")} cells={cells} />
                ))}
              </tbody>
            </table>
          </section>
        </details>
      )}
    </section>
  );
}

function TableRow({ cells: [first, ...rest] }: { cells: (string | number)[] }) {
  return (
    <tr>
      <th scope="row" dir="auto">
        {first}
      </th>
      {rest.map((cell, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its column
        <td key={place}>{cell}</td>
      ))}
    </tr>
  );
}

/** The width that a drawing has, in pixels; 0 before it is known. */
export function useWidth() {
  const element = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const seen = element.current;
    if (!seen) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setWidth(Math.floor(entry.contentRect.width));
    });
    observer.observe(seen);
    return () => observer.disconnect();
  }, []);
  return { element, width };
}
