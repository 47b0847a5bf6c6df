/** Faults in the viewer's language. */
import { describe, expect, it } from "vitest";
import type { Fault } from "../src/api/types.ts";
import { inLanguage, said } from "../src/editor/fault-words.ts";
import { FAULTS_IT } from "../src/editor/faults-it.ts";

const fault = (code: string, params: Fault["params"] = {}): Fault => ({
  path: "/nodes/0",
  code,
  message: "As the server says it.",
  params,
});

describe("a fault", () => {
  it("is said in Italian, with what it is about", async () => {
    const found = [
      fault("unknown-node", { name: "ask" }),
      fault("invalid-template"),
      fault("invalid-template", { reason: "open" }),
    ];
    const told = await inLanguage(found, "it");
    expect(told.map(({ message }) => message)).toEqual([
      "Non c'è un passo `ask`.",
      "As the server says it.",
      "Non è un testo valido: a un `{{` manca il `}}`.",
    ]);
    expect(await inLanguage(found, "en")).toBe(found);
  });

  it("stays as the server says it where nobody knows it, or not enough of it", () => {
    expect(said(fault("new-in-the-next-release"), FAULTS_IT)).toBe("As the server says it.");
    expect(said(fault("unknown-node"), FAULTS_IT)).toBe("As the server says it.");
    expect(said(fault("toString"), FAULTS_IT)).toBe("As the server says it.");
    const { params: _none, ...old } = fault("cycle");
    expect(said(old, FAULTS_IT)).toBe("As the server says it.");
  });
});
