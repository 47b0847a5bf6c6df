/** The places of the app, in the order of the navigation; a place is only listed once it is built. */
import type { Messages } from "../i18n/en.ts";
import type { IconName } from "../ui/icons.tsx";

export interface Place {
  href: string;
  name: keyof Messages["nav"];
  icon: IconName;
  /** Pressed after `g`. */
  key: string;
}

export const PLACES: Place[] = [
  { href: "/", name: "dashboard", icon: "dashboard", key: "d" },
  { href: "/tasks", name: "tasks", icon: "tasks", key: "t" },
  { href: "/workflows", name: "workflows", icon: "workflows", key: "w" },
  { href: "/monitor", name: "monitor", icon: "monitor", key: "m" },
  { href: "/timelines", name: "timelines", icon: "timelines", key: "l" },
  { href: "/settings", name: "settings", icon: "settings", key: "s" },
];

/** Whether a path belongs to a place: run pages belong to no place, so that nothing is marked wrongly. */
export function isAt(place: Place, path: string): boolean {
  return place.href === "/"
    ? path === "/"
    : path === place.href || path.startsWith(`${place.href}/`);
}
