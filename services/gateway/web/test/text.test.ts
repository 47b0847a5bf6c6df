import { describe, expect, it } from "vitest";
import { splitHidden, withoutHidden } from "../src/ui/bidi.ts";
import { decodeEntities } from "../src/ui/entities.ts";
import { safeHref } from "../src/ui/markdown.tsx";

describe("text from outside", () => {
  it("shows every character that turns the reading direction", () => {
    expect(splitHidden("a\u202eb\u2066")).toEqual([
      { text: "a" },
      { code: "U+202E" },
      { text: "b" },
      { code: "U+2066" },
    ]);
  });

  it("shows zero-width and control characters, and leaves line breaks alone", () => {
    expect(splitHidden("a\u200bb\u0007\n\t")).toEqual([
      { text: "a" },
      { code: "U+200B" },
      { text: "b" },
      { code: "U+0007" },
      { text: "\n\t" },
    ]);
    expect(withoutHidden("a\u202eb")).toBe("ab");
  });

  it("leaves out the joiner that keeps an address from becoming a link", () => {
    expect(splitHidden("\u2060https://example.com")).toEqual([{ text: "https://example.com" }]);
  });

  it("keeps Arabic and Hebrew, which turn by themselves", () => {
    expect(splitHidden("שלום")).toEqual([{ text: "שלום" }]);
  });

  it("decodes references as text, and unknown ones not at all", () => {
    expect(decodeEntities("&lt;b&gt; &#65;&#x42; &nope; &#0;")).toBe("<b> AB &nope; \ufffd");
  });
});

describe("safeHref", () => {
  it("follows the web and mail", () => {
    expect(safeHref("https://example.com/a?b=1")).toBe("https://example.com/a?b=1");
    expect(safeHref("mailto:ada@example.com")).toBe("mailto:ada@example.com");
  });

  it.each([
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "&#106;avascript:alert(1)",
    "&#x6A;avascript:alert(1)",
    " javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "//example.com",
    "/tasks/1",
    "blob:https://example.com/1",
  ])("does not follow %s", (href) => {
    expect(safeHref(href)).toBeNull();
  });
});
