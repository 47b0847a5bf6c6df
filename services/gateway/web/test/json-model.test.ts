import { describe, expect, it } from "vitest";
import type { Json, LogEvent } from "../src/api/types.ts";
import { actorOf, nodeOf, pageWith, readSequence } from "../src/runs/log.ts";
import { runWords } from "../src/runs/words.ts";
import { allBranches, LINES_MAX, linesOf, search, variableOf } from "../src/ui/json-model.ts";
import { treeWords } from "../src/ui/tree-words.ts";

const DATA: Json = { order: { lines: [{ sku: "A-1" }, { sku: "B-2" }], "ship to": "Rome" } };

describe("variables", () => {
  it("are named as templates name them", () => {
    expect(variableOf("fetch.output", [])).toBe("{{ fetch.output }}");
    expect(variableOf("fetch.output", ["order", "lines", 0, "sku"])).toBe(
      "{{ fetch.output.order.lines[0].sku }}",
    );
    expect(variableOf("fetch.output", ["ship to"])).toBe('{{ fetch.output["ship to"] }}');
    expect(variableOf("fetch.output", ['say "hi"'])).toBe("{{ fetch.output['say \"hi\"'] }}");
  });

  it("are not made up where templates cannot name a value", () => {
    expect(variableOf("fetch.output", [`'"`])).toBeNull();
    expect(variableOf("fetch.output", ["}}"])).toBeNull();
  });
});

describe("search", () => {
  it("finds names and values, and the branches that lead to them", () => {
    const { hits, shown } = search(DATA, "b-2");
    expect([...hits]).toEqual(["order/lines/1/sku"]);
    expect([...shown].sort()).toEqual([
      "",
      "order",
      "order/lines",
      "order/lines/1",
      "order/lines/1/sku",
    ]);
    expect(search(DATA, "SHIP").hits.size).toBe(1);
    expect(search(DATA, "sku").hits.size).toBe(2);
    expect(search(DATA, "nothing").shown.size).toBe(0);
  });
});

describe("branches", () => {
  it("open all of small data, and no more than a page can hold of large", () => {
    expect(allBranches(DATA).has("order/lines/1")).toBe(true);
    const large = Array.from({ length: 3 * LINES_MAX }, (_, n) => ({ n }));
    expect(allBranches(large).size).toBeLessThan(LINES_MAX);
    expect(linesOf(large, 9)).toBe(9);
  });
});

describe("the log", () => {
  it("has pages that never overlap, the last one as long as the log", () => {
    expect(pageWith(1, 120)).toEqual({ after: 0, size: 50 });
    expect(pageWith(50, 120)).toEqual({ after: 0, size: 50 });
    expect(pageWith(51, 120)).toEqual({ after: 50, size: 50 });
    expect(pageWith(120, 120)).toEqual({ after: 100, size: 20 });
    expect(pageWith(1, 0)).toEqual({ after: 0, size: 0 });
  });

  it("reads event numbers from addresses, and nothing else", () => {
    expect(readSequence("12")).toBe(12);
    expect(["", "0", "-1", "1.5", "x", "9".repeat(20)].map(readSequence)).toEqual(
      Array(6).fill(null),
    );
  });

  it("has words for every kind of event, in both languages", () => {
    const kinds =
      "queued started node_scheduled node_completed node_failed node_skipped retry_set delay_set \
timer_set timer_stopped children_called children_reported paused resumed completed failed cancelled";
    for (const kind of kinds.split(" ")) {
      for (const words of [runWords.en, runWords.it])
        expect(words.event(kind, "Ask")).not.toBe(kind);
      expect(runWords.en.event(kind, "Ask")).not.toBe(runWords.it.event(kind, "Ask"));
    }
    expect(runWords.en.event("unheard_of", "Ask")).toBe("unheard_of");
  });

  it("tells who and which step", () => {
    const event = { data: { node: "ask", by: { name: "Dana" } } } as unknown as LogEvent;
    expect([nodeOf(event), actorOf(event)]).toEqual(["ask", "Dana"]);
    expect(actorOf({ data: {} } as LogEvent)).toBeNull();
  });
});

describe("words", () => {
  it("exist in both languages, in words of their own", () => {
    for (const words of [runWords, treeWords]) {
      for (const [key, text] of Object.entries(words.en)) {
        if (typeof text !== "string" || !text.includes(" ")) continue;
        expect(words.it[key as keyof typeof words.it]).not.toBe(text);
      }
    }
  });

  it("count", () => {
    expect(runWords.en.ahead(1)).toBe("1 run is before it");
    expect(runWords.it.ahead(2)).toBe("2 esecuzioni sono prima di lei");
  });
});
