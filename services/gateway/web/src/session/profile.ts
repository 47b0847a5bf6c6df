/** What the person chose, on whatever device: kept by the server, and followed here. */
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { get } from "../api/client.ts";
import type { Profile } from "../api/types.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { readTheme, readZone, storeShortcuts, storeTheme } from "../i18n/preferences.ts";

export const profileQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => get<Profile>("/me", signal),
  // Whoever comes back to this window may have chosen otherwise at another one.
  refetchOnWindowFocus: true,
});

export type Chosen = Pick<Profile, "time_zone" | "language" | "theme" | "shortcuts">;

/** Follows a choice on this device. */
export function useFollow(): (chosen: Partial<Chosen>) => void {
  const { language, choose, chooseZone } = useI18n();
  return (chosen) => {
    if (chosen.language && chosen.language !== language) choose(chosen.language);
    if (chosen.theme && chosen.theme !== readTheme()) storeTheme(chosen.theme);
    if (typeof chosen.shortcuts === "boolean") storeShortcuts(chosen.shortcuts);
    if (chosen.time_zone !== undefined && chosen.time_zone !== readZone())
      chooseZone(chosen.time_zone);
  };
}

/** Follows what the server keeps, as soon as it is known and whenever it has changed. */
export function useProfileHere(): void {
  const { data } = useQuery(profileQuery);
  const follow = useFollow();
  // biome-ignore lint/correctness/useExhaustiveDependencies: only news from the server are followed
  useEffect(() => {
    if (data) follow(data);
  }, [data]);
}
