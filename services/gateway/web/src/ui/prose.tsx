/**
 * Markdown whose reader is fetched beside everything else: a task can be read and decided before it is there, and without
 * it. Until then the text stands as it was written.
 */
import { type ComponentType, lazy, Suspense } from "react";
import { AsWritten } from "./text.tsx";

// Asked for at once, not when the first prompt is drawn: it is nearly always there before the first task is.
const reader: Promise<{ default: ComponentType<{ text: string }> }> = import(
  "./markdown.tsx"
).catch(() => ({ default: AsWritten }));
const Reader = lazy(() => reader);

export function Markdown({ text }: { text: string }) {
  return (
    <Suspense fallback={<AsWritten text={text} />}>
      <Reader text={text} />
    </Suspense>
  );
}
