/** What operators ask: for admins only. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { get, post, query } from "../api/client.ts";
import type { Page } from "../api/types.ts";

const HEALTH_POLL_MS = 10_000;
const RUNNING_POLL_MS = 1_000;

export interface Replica {
  service: string;
  replica: string;
  version: string;
  started_at: string;
  ready: Record<string, boolean>;
  relay: { leads: boolean; lag_events: number; oldest_seconds: number } | null;
  consumers: { name: string; waiting: number; in_hand: number; redelivered: number }[];
  dead_letters: number;
  repairs: Record<string, number>;
  counts: Record<string, number>;
}

export interface Finding {
  service: string;
  check: string;
  subject: string;
  message: string;
  remedy: string;
}

export interface Verification {
  id: string;
  state: "running" | "stopped" | "done";
  started_by: string;
  started_at: string;
  finished_at: string | null;
  phase: string;
  streams: Record<string, number>;
  totals: Record<string, number>;
  events: number;
  waits: number;
  found: number;
  findings: Finding[];
}

export interface SystemHealth {
  services: Replica[];
  missing: string[];
  intake_waiting: number;
  verification: Verification | null;
}

export interface DeadLetter {
  id: string;
  service: string;
  consumer: string;
  event_id: string;
  event_type: string;
  reason: string;
  attempts: number;
  received_at: string;
  tried_at: string;
}

export interface DeadLetterDetail extends DeadLetter {
  message: string;
  is_whole: boolean;
}

export interface DeadLetterPage extends Page<DeadLetter> {
  total: number;
  reasons: { reason: string; letters: number }[];
}

export interface Replayed {
  replayed: number;
  failed: { id: string; reason: string }[];
  left: number;
}

export const healthQuery = queryOptions({
  queryKey: ["system", "health"],
  queryFn: ({ signal }) => get<SystemHealth>("/system/health", signal),
  refetchInterval: HEALTH_POLL_MS,
});

/** The last verification; looked at often while it runs. */
export const verificationQuery = queryOptions({
  queryKey: ["system", "verification"],
  queryFn: async ({ signal }) => {
    const last = (await get<{ items: Verification[] }>("/system/verifications?limit=1", signal))
      .items[0];
    return last ? get<Verification>(`/system/verifications/${last.id}`, signal) : null;
  },
  refetchInterval: ({ state }) => (state.data?.state === "running" ? RUNNING_POLL_MS : false),
});

export const lettersQuery = infiniteQueryOptions({
  queryKey: ["system", "letters"],
  queryFn: ({ pageParam, signal }) =>
    get<DeadLetterPage>(`/system/dead-letters${query({ limit: 20, cursor: pageParam })}`, signal),
  initialPageParam: "",
  getNextPageParam: (last) => last.next_cursor,
});

export const letterQuery = (letter: DeadLetter) =>
  queryOptions({
    queryKey: ["system", "letter", letter.id],
    queryFn: ({ signal }) =>
      get<DeadLetterDetail>(`/system/dead-letters/${letter.service}/${letter.id}`, signal),
  });

export const beginVerification = () => post<Verification>("/system/verifications");
export const moveVerification = (id: string, how: "stop" | "resume") =>
  post<Verification>(`/system/verifications/${id}/${how}`);
export const replayLetters = (service: string, chosen: { ids: string[] }) =>
  post<Replayed>("/system/dead-letters/replay", { service, ...chosen });
export const discardLetters = (service: string, chosen: { ids: string[] }) =>
  post<{ discarded: number }>("/system/dead-letters/discard", { service, ...chosen });
