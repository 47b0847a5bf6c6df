/** The token table's promise: text at 4.5:1 on what it stands on, edges of controls at 3:1, in both themes. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const css = readFileSync(new URL("../src/styles/tokens.css", import.meta.url), "utf8");
const tokens = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map((found) => [
    found[1] ?? "",
    [found[2] ?? "", found[3] ?? ""] as const,
  ]),
);

const TEXT: [string, string[]][] = [
  ["text", ["bg", "surface", "sunken"]],
  ["muted", ["bg", "surface", "sunken"]],
  ["accent", ["bg", "surface", "sunken", "accent-soft"]],
  ["on-accent", ["accent"]],
  ["danger", ["surface", "danger-soft"]],
  ["on-danger", ["danger"]],
  ["ok", ["surface", "ok-soft"]],
  ["warn", ["surface", "warn-soft"]],
  ["info", ["surface", "sunken", "info-soft"]],
];

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string, theme: 0 | 1): number {
  const [light = 0, dark = 0] = [one, other]
    .map((name) => luminance(tokens.get(name)?.[theme] ?? ""))
    .sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

describe.each([
  ["light", 0],
  ["dark", 1],
] as const)("contrast in the %s theme", (_name, theme) => {
  it("suffices for every text on every ground it stands on", () => {
    for (const [text, grounds] of TEXT) {
      for (const ground of grounds) {
        expect(contrast(text, ground, theme), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5);
      }
    }
  });

  it("suffices for edges and the focus ring", () => {
    for (const edge of ["control", "accent"]) {
      for (const ground of ["bg", "surface"]) {
        expect(contrast(edge, ground, theme), `${edge} on ${ground}`).toBeGreaterThanOrEqual(3);
      }
    }
  });
});
