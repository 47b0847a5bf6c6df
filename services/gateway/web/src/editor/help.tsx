/** What the schema says of a member, without the type that its control shows anyway, and with its code as code. */
import { Fragment } from "react";

const KIND =
  /^(?:text|texts|CEL|any value|all|a list of fields|a list of texts|an object of texts)(?:, [^:`]+)?: /;

export function withoutKind(help: string): string {
  const rest = help.replace(KIND, "");
  return rest.charAt(0).toUpperCase() + rest.slice(1);
}

export function Help({ text }: { text: string }) {
  return withoutKind(text)
    .split("`")
    .map((part, index) =>
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text never move
      index % 2 === 1 ? <code key={index}>{part}</code> : <Fragment key={index}>{part}</Fragment>,
    );
}
