import { describe, expect, it } from "vitest";
import type { Page, Task } from "../src/api/types.ts";
import {
  countNew,
  extendLast,
  goneFrom,
  type Inbox,
  neighbourOf,
  refreshPages,
  removeTask,
  replaceTask,
  tasksOf,
  totalOf,
} from "../src/tasks/inbox.ts";

function task(id: string, status: Task["status"] = "pending"): Task {
  return {
    id,
    run_id: `run-${id}`,
    workflow_id: "w",
    workflow_name: "Invoices",
    workflow_version: 1,
    node: "review",
    step_name: "Review",
    kind: "approval",
    title: id,
    prompt: "",
    prompt_truncated: false,
    fields: [],
    assignees: [],
    status,
    created_at: "2026-11-24T09:00:00Z",
    digest: id,
    due_at: null,
    timeout_at: null,
    decision: null,
    closed_reason: null,
  };
}

function page(ids: string, next: string | null = null, total = ids.length): Page<Task> {
  return { items: [...ids].map((id) => task(id)), next_cursor: next, total };
}

function inbox(...pages: Page<Task>[]): Inbox {
  return { pages, pageParams: pages.map(String) };
}

function ids(of: Inbox): string {
  return tasksOf(of)
    .map(({ id }) => id)
    .join("");
}

describe("the inbox", () => {
  it("shows the server's total until all pages are loaded, then what is there", () => {
    expect(totalOf(inbox(page("ab", "next", 9)))).toBe(9);
    expect(totalOf(replaceTask(inbox(page("ab")), task("a", "resolved")))).toBe(1);
  });

  it("counts one less for a task that left", () => {
    const left = removeTask(inbox(page("ab", "next", 9)), "a");
    expect(ids(left)).toBe("b");
    expect(totalOf(left)).toBe(8);
    expect(removeTask(left, "a")).toBe(left);
  });

  it("puts new tasks at the end and moves none", () => {
    const longer = extendLast(inbox(page("abc")), page("bd", "more"));
    expect(ids(longer)).toBe("abcd");
    expect(longer.pages[0]?.next_cursor).toBe("more");
  });

  it("keeps a held card at its place when the server no longer lists it", () => {
    const fresh = refreshPages(inbox(page("abcd")), inbox(page("acde")), new Set(["b"]));
    expect(ids(fresh)).toBe("abcde");
  });

  it("knows what a fresh list no longer has", () => {
    expect(goneFrom(inbox(page("ab"), page("cd")), inbox(page("bd")))).toEqual(["a", "c"]);
  });

  it("shows a kept card once when a later page repeats it", () => {
    expect(ids(inbox(page("abc"), page("cd")))).toBe("abcd");
  });

  it("keeps a held first card first", () => {
    expect(ids(refreshPages(inbox(page("ab")), inbox(page("bc")), new Set(["a"])))).toBe("abc");
  });

  it("keeps a row of held cards in their order", () => {
    const held = new Set(["b", "c"]);
    expect(ids(refreshPages(inbox(page("abcd")), inbox(page("ad")), held))).toBe("abcd");
  });

  it("gives the focus to the next card, at the end to the one before", () => {
    const tasks = tasksOf(inbox(page("abc")));
    expect(neighbourOf(tasks, "b")?.id).toBe("c");
    expect(neighbourOf(tasks, "c")?.id).toBe("b");
    expect(neighbourOf(tasksOf(inbox(page("a"))), "a")).toBeNull();
  });

  it("counts what a fresh first page has more", () => {
    expect(countNew(inbox(page("ab")), page("cdab"))).toBe(2);
  });
});
