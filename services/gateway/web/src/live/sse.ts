/** Reads Server-Sent Events from a byte stream, so that a reopened stream can name the last id that it saw. */

export interface ServerEvent {
  event: string;
  id: string;
  data: string;
}

/** Text in, whole events out; keeps what is unfinished. Also tells of `retry:` and of any sign of life. */
export class SseParser {
  private rest = "";
  private event = "";
  private data: string[] = [];
  private id = "";
  /** Of the last event that came whole: what a stream resumes after. */
  lastId = "";
  retryMs: number | null = null;

  constructor(lastId = "") {
    this.id = lastId;
    this.lastId = lastId;
  }

  push(text: string): ServerEvent[] {
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? "";
    return lines.flatMap((line) => this.line(line));
  }

  private line(line: string): ServerEvent[] {
    if (line === "") return this.dispatch();
    if (line.startsWith(":")) return [];
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") this.event = value;
    else if (name === "data") this.data.push(value);
    else if (name === "id") this.id = value;
    else if (name === "retry" && /^\d+$/.test(value)) this.retryMs = Number(value);
    return [];
  }

  private dispatch(): ServerEvent[] {
    const { event, data } = this;
    this.lastId = this.id;
    this.event = "";
    this.data = [];
    if (data.length === 0) return [];
    return [{ event: event || "message", id: this.lastId, data: data.join("\n") }];
  }
}
