import { describe, expect, it } from "vitest";
import { hold } from "../src/runs/held-list.ts";
import { tokenOf } from "../src/session/sign-in.tsx";
import { isAt, PLACES } from "../src/shell/places.ts";
import { filtersOf } from "../src/tasks/filters.tsx";
import { readState, writeState } from "../src/ui/url-state.ts";
import { offsetOf, placeOf } from "../src/workflows/place.ts";

const items = (ids: string) => [...ids].map((id) => ({ id }));

describe("hold", () => {
  it("keeps new rows back and counts them", () => {
    expect(hold(["b", "c"], items("abc"))).toEqual({ rows: items("bc"), fresh: 1 });
  });

  it("lets older rows in at the end", () => {
    expect(hold(["b"], items("abcd"))).toEqual({ rows: items("bcd"), fresh: 1 });
  });
});

describe("the state of a view in the URL", () => {
  const defaults = { q: "", sort: "oldest" };

  it("leaves out what is as usual, and ignores what it does not know", () => {
    expect(readState("?sort=newest&x=1", defaults)).toEqual({ q: "", sort: "newest" });
    expect(writeState("", defaults, { q: "", sort: "oldest" })).toBe("");
    expect(writeState("", defaults, { q: "a b", sort: "oldest" })).toBe("?q=a+b");
  });

  it("keeps the page's other parameters", () => {
    expect(writeState("?step=a", defaults, { q: "x", sort: "oldest" })).toBe("?step=a&q=x");
  });
});

describe("filtersOf", () => {
  const state = {
    q: "",
    workflow_id: "",
    kind: "",
    assignee: "",
    overdue: "",
    status: "",
    sort: "",
  };

  it("begins with the oldest that waits, and with what was decided last", () => {
    expect(filtersOf(state)).toMatchObject({ status: "pending", sort: "oldest" });
    expect(filtersOf({ ...state, status: "decided" })).toMatchObject({ sort: "newest" });
  });

  it("knows due dates of what waits, and of nothing else", () => {
    const due = { ...state, sort: "due", overdue: "true" };
    expect(filtersOf(due)).toMatchObject({ sort: "due", overdue: "true" });
    expect(filtersOf({ ...due, status: "decided" })).toMatchObject({ sort: "newest", overdue: "" });
  });

  it("ignores what nobody knows", () => {
    const odd = { ...state, status: "x", sort: "x", overdue: "x" };
    expect(filtersOf(odd)).toMatchObject({ status: "pending", sort: "oldest", overdue: "" });
  });
});

describe("tokenOf", () => {
  it("reads a whole link, its fragment, or the token alone", () => {
    expect(tokenOf("http://127.0.0.1:8080/sign-in#token=abc")).toBe("abc");
    expect(tokenOf("#token=abc")).toBe("abc");
    expect(tokenOf(" abc ")).toBe("abc");
  });

  it("finds none in a link without one", () => {
    expect(tokenOf("http://127.0.0.1:8080/sign-in#")).toBe("");
  });
});

describe("places", () => {
  it("mark the one that a page belongs to", () => {
    const at = (path: string) =>
      PLACES.filter((place) => isAt(place, path)).map(({ name }) => name);
    expect(at("/")).toEqual(["dashboard"]);
    expect(at("/tasks/1")).toEqual(["tasks"]);
    expect(at("/runs/1")).toEqual([]);
  });
});

describe("offsetOf", () => {
  it("finds a line and column in a text, and stays inside it", () => {
    expect(offsetOf("ab\ncd\n", 2, 2)).toBe(4);
    expect(offsetOf("ab", 9, 9)).toBe(2);
  });
});

describe("placeOf", () => {
  const definition = {
    nodes: [
      { key: "a", config: { prompt: "" } },
      { key: "ab", config: {} },
    ],
  };
  const yaml = "trigger: {}\nnodes:\n- key: a\n  config:\n    prompt: x\n- key: ab\n  config: {}\n";
  const lineOf = (path: string, text: string) => {
    const fault = { path, code: "", message: "" };
    return text.slice(0, placeOf(fault, definition, text)).split("\n").length;
  };

  it("finds a node by its key, and what it names inside that node", () => {
    expect(lineOf("/nodes/0/config/prompt", yaml)).toBe(5);
    expect(lineOf("/nodes/1/config", yaml)).toBe(7);
    expect(lineOf("/nodes/1", yaml)).toBe(6);
  });

  it("finds the same in JSON", () => {
    expect(lineOf("/nodes/1/config", JSON.stringify(definition, null, 2))).toBe(11);
  });

  it("stays at the node when a member is missing, and at the start when nothing is known", () => {
    expect(lineOf("/nodes/1/config/prompt", yaml)).toBe(7);
    expect(lineOf("/nodes/9", yaml)).toBe(1);
  });
});
