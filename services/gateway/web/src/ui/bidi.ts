/**
 * Characters that change the direction of what follows can make "refuse" read as "approve". They are taken out of the
 * flow and shown as marks, so that text reads in the order in which it was written.
 */

// LRM, RLM and ALM; embeddings, overrides and their end; isolates and their end.
const DIRECTION = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
// Control characters other than tab, line feed and carriage return, and the zero-width ones that hide text.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const INVISIBLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b\ufeff]/;
// Joins words and hides nothing; templates put it before an address that must not become a link.
const WORD_JOINER = /\u2060/g;
const HIDDEN = new RegExp(`${DIRECTION.source}|${INVISIBLE.source}`, "g");

export type Part = { text: string } | { code: string };

/** Splits a text into what may be shown as it is and the code points that must be shown as marks. */
export function splitHidden(written: string): Part[] {
  const text = written.replace(WORD_JOINER, "");
  const parts: Part[] = [];
  let from = 0;
  for (const match of text.matchAll(HIDDEN)) {
    if (match.index > from) parts.push({ text: text.slice(from, match.index) });
    const code = match[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    parts.push({ code: `U+${code}` });
    from = match.index + match[0].length;
  }
  if (from < text.length) parts.push({ text: text.slice(from) });
  return parts;
}

/** For places that hold only text (titles of windows, attributes): the characters are left out. */
export function withoutHidden(text: string): string {
  return text.replace(HIDDEN, "").replace(WORD_JOINER, "");
}
