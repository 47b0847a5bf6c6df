/** Character references of Markdown text: the numeric ones and those that escaping produces. */

const NAMED: Record<string, string> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\u00a0",
};
const CODE_POINT_MAX = 0x10ffff;

/** The result is only ever used as text, so decoding a bracket cannot create markup. */
export function decodeEntities(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|([a-z]+));/g,
    (whole, ten, sixteen, name) => {
      if (name) return NAMED[name] ?? whole;
      const code = ten ? Number(ten) : Number.parseInt(sixteen, 16);
      return code === 0 || code > CODE_POINT_MAX ? "\ufffd" : String.fromCodePoint(code);
    },
  );
}
