/** What operators ask: for admins only. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { get, post, query } from "../api/client.ts";
import type {
  DeadLetter,
  DeadLettersAnswer,
  DeadLetterView,
  DiscardedDeadLetters,
  ReplayedDeadLetters,
  SystemHealthAnswer,
  VerificationAnswer,
  VerificationsAnswer,
} from "../gen/api.ts";

const HEALTH_POLL_MS = 10_000;
const RUNNING_POLL_MS = 1_000;

export const healthQuery = queryOptions({
  queryKey: ["system", "health"],
  queryFn: ({ signal }) => get<SystemHealthAnswer>("/system/health", signal),
  refetchInterval: HEALTH_POLL_MS,
});

/** The last verification; looked at often while it runs. */
export const verificationQuery = queryOptions({
  queryKey: ["system", "verification"],
  queryFn: async ({ signal }) => {
    const last = (await get<VerificationsAnswer>("/system/verifications?limit=1", signal)).items[0];
    return last ? get<VerificationAnswer>(`/system/verifications/${last.id}`, signal) : null;
  },
  refetchInterval: ({ state }) => (state.data?.state === "running" ? RUNNING_POLL_MS : false),
});

export const lettersQuery = infiniteQueryOptions({
  queryKey: ["system", "letters"],
  queryFn: ({ pageParam, signal }) =>
    get<DeadLettersAnswer>(
      `/system/dead-letters${query({ limit: 20, cursor: pageParam })}`,
      signal,
    ),
  initialPageParam: "",
  getNextPageParam: (last) => last.next_cursor,
});

export const letterQuery = (letter: DeadLetter) =>
  queryOptions({
    queryKey: ["system", "letter", letter.id],
    queryFn: ({ signal }) =>
      get<DeadLetterView>(`/system/dead-letters/${letter.service}/${letter.id}`, signal),
  });

export const beginVerification = () => post<VerificationAnswer>("/system/verifications");
export const moveVerification = (id: string, how: "stop" | "resume") =>
  post<VerificationAnswer>(`/system/verifications/${id}/${how}`);
export const replayLetters = (service: string, chosen: { ids: string[] }) =>
  post<ReplayedDeadLetters>("/system/dead-letters/replay", { service, ...chosen });
export const discardLetters = (service: string, chosen: { ids: string[] }) =>
  post<DiscardedDeadLetters>("/system/dead-letters/discard", { service, ...chosen });
