/** The app's own icons: 20 x 20 outlines that take the text's colour. Always beside a word, so hidden from readers. */
import { Glyph } from "./glyph.tsx";

const PATHS = {
  dashboard: "M3 3h6v8H3zM11 3h6v4h-6zM11 9h6v8h-6zM3 13h6v4H3z",
  tasks: "M4 4h12v12H4zM7 10l2 2 4-4",
  workflows: "M3 4h5v4H3zM12 12h5v4h-5zM5.5 8v6H12",
  monitor: "M2 10h4l2-5 4 10 2-5h4",
  timelines: "M3 5h7M6 10h8M11 15h6",
  settings: "M3 6h7M14 6h3M3 14h3M10 14h7M12 4v4M8 12v4",
  more: "M4 10h.01M10 10h.01M16 10h.01",
  ring: "M10 4a6 6 0 1 0 0 12 6 6 0 0 0 0-12z",
  spinner: "M10 3a7 7 0 1 1-7 7",
  person: "M10 9a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM4 17c0-3.5 2.5-6 6-6s6 2.5 6 6",
  tick: "M4 10l4 4 8-8",
  cross: "M5 5l10 10M15 5L5 15",
  stop: "M6 6h8v8H6z",
  skip: "M4 5l6 5-6 5zM15 5v10",
  retry: "M15 6a6 6 0 1 0 1 5M16 3v4h-4",
  pause: "M7 4v12M13 4v12",
  pencil: "M4 16l1-4 8-8 3 3-8 8z",
  clock: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 6v4l3 2",
  plus: "M10 4v12M4 10h12",
  search: "M9 3a6 6 0 1 0 0 12A6 6 0 0 0 9 3zM14 14l3 3",
  filter: "M3 5h14M6 10h8M8 15h4",
  play: "M6 4l10 6-10 6z",
  external: "M8 5H4v11h11v-4M11 3h6v6M17 3l-8 8",
  sidebar: "M3 4h14v12H3zM8 4v12",
  warning: "M10 3l8 14H2zM10 8v4M10 14.5v.01",
  back: "M12 4l-6 6 6 6",
  forward: "M8 4l6 6-6 6",
  key: "M7 13a3 3 0 1 1 0-6 3 3 0 0 1 0 6zM10 10h8M15 10v3",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, className = "" }: { name: IconName; className?: string }) {
  return <Glyph path={PATHS[name]} className={className} />;
}
