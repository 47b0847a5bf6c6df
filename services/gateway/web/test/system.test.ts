import { describe, expect, it } from "vitest";
import type { Finding } from "../src/gen/api.ts";
import { findingText } from "../src/settings/finding-words.ts";
import { systemWords } from "../src/settings/system-words.ts";
import { shareDone } from "../src/settings/verify.tsx";

describe("the system page", () => {
  it("says everything in words of each language", () => {
    const same = Object.entries(systemWords.en).filter(
      ([name, text]) =>
        typeof text === "string" &&
        text.includes(" ") &&
        text === systemWords.it[name as keyof typeof systemWords.it],
    );
    expect(same).toEqual([]);
    expect(systemWords.it.findings(1)).toBe("1 problema");
    expect(systemWords.it.findings(2)).toBe("2 problemi");
  });

  it("names every phase of a verification", () => {
    const { phase } = systemWords.en;
    const said = [
      "engine streams",
      "tasks streams",
      "tasks tables",
      "tasks chain",
      "waits",
      "done",
    ];
    expect(new Set(said.map((name) => phase(name, "3"))).size).toBe(said.length);
    expect(phase("tasks chain", "3")).toBe("Seals of the log");
  });

  it("says what was found in Italian, and what it has no words for as the services do", () => {
    const finding: Finding = {
      service: "engine",
      check: "snapshot-version",
      subject: "run 7",
      message: "the snapshot is at version 3, the log at 4",
      remedy: "The log is whole.",
      codes: {
        subject: "run",
        message: "snapshot-version",
        remedies: ["from-log"],
        params: { id: "7", version: 3, last: 4 },
      },
    };
    expect(findingText(finding, "en")).toBe(finding);
    expect(findingText({ ...finding, codes: null }, "it").message).toBe(finding.message);
    const said = findingText(finding, "it");
    expect(said.subject).toBe("esecuzione 7");
    expect(said.message).toBe("l'istantanea è alla versione 3, il registro alla 4");
    expect(said.remedy).toContain("Il registro è intero");
    const unknown = { subject: "run", message: "of-tomorrow", remedies: ["from-log"], params: {} };
    expect(findingText({ ...finding, codes: unknown }, "it").message).toBe(finding.message);
    expect(findingText({ ...finding, codes: unknown }, "it").subject).toBe("run 7");
  });

  it("knows how far a verification is, half of it for runs and half for tasks", () => {
    const streams = { engine: 50, tasks: 30 };
    const totals = { engine: 100, tasks: 30 };
    expect(shareDone({ phase: "engine streams", streams, totals })).toBe(0.25);
    expect(shareDone({ phase: "tasks streams", streams, totals })).toBe(1);
    expect(shareDone({ phase: "tasks streams", streams, totals: {} })).toBe(0.5);
    expect(shareDone({ phase: "waits", streams, totals })).toBe(1);
  });
});
