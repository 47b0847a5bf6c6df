/** What the open pages want to hear, added up over all tabs of the browser. */

export interface Wish {
  topics: string[];
  runIds: string[];
}

export const NOTHING: Wish = { topics: [], runIds: [] };

/** Tasks are always heard: the badge in the sidebar needs them on every page. */
export function union(wishes: Iterable<Wish>): Wish {
  const topics = new Set(["tasks"]);
  const runIds = new Set<string>();
  for (const wish of wishes) {
    for (const topic of wish.topics) topics.add(topic);
    for (const runId of wish.runIds) runIds.add(runId);
  }
  return { topics: [...topics].sort(), runIds: topics.has("runs") ? [] : [...runIds].sort() };
}

export function eventsUrl(wish: Wish): string {
  const parameters = new URLSearchParams({ topics: wish.topics.join(",") });
  for (const runId of wish.runIds) parameters.append("run_id", runId);
  return `/api/v1/events?${parameters}`;
}
