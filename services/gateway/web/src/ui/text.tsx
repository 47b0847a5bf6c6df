/** Text that people or other systems wrote: as written, in its own direction, with hidden characters made visible. */
import { useT } from "../i18n/i18n.tsx";
import { splitHidden } from "./bidi.ts";

export function UserText({ text }: { text: string }) {
  return (
    <bdi dir="auto">
      <Plain text={text} />
    </bdi>
  );
}

/** The same without an element of its own, for use inside something that already isolates. */
export function Plain({ text }: { text: string }) {
  const t = useT();
  return splitHidden(text).map((part, index) =>
    "text" in part ? (
      part.text
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text never move
      <span key={index} className="hidden-character" title={t.common.hiddenCharacter}>
        {part.code}
      </span>
    ),
  );
}

/** A whole text with its line breaks, for where its Markdown is not read, or not yet. */
export function AsWritten({ text }: { text: string }) {
  return (
    <div className="markdown preformatted" dir="auto">
      <Plain text={text} />
    </div>
  );
}
