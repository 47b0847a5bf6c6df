/** A short list with a bar for each of its lines, the longest first. */
import { Link } from "wouter";
import { UserText } from "../ui/text.tsx";

export interface BarLine {
  key: string;
  name: string;
  under: string;
  href: string;
  /** From 0 to 1: how long the bar is. */
  share: number;
  value: string;
  detail: string;
}

export function BarList({ lines, tone }: { lines: BarLine[]; tone: string }) {
  return (
    <ul className="plain bar-list">
      {lines.map((line) => (
        <li key={line.key}>
          <div className="row between">
            <span className="grow">
              <Link href={line.href}>
                <UserText text={line.name} />
              </Link>{" "}
              <span className="muted small">
                <UserText text={line.under} />
              </span>
            </span>
            <strong>{line.value}</strong>
          </div>
          <svg className={`bar fill-${tone}`} width="100%" height="6" aria-hidden="true">
            <rect className="bar-track" width="100%" height="6" rx="3" />
            <rect width={`${Math.max(1, Math.min(1, line.share) * 100)}%`} height="6" rx="3" />
          </svg>
          <span className="muted small">{line.detail}</span>
        </li>
      ))}
    </ul>
  );
}
