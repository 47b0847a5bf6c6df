/** Query keys and readers, so that every page that shows the same thing asks for it in the same way. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { get, query } from "./client.ts";
import type {
  ApiToken,
  Dashboard,
  Delivery,
  DeliveryDetail,
  LogEvent,
  Page,
  Run,
  RunDetail,
  SecretPage,
  Task,
  WebhookSecrets,
  Workflow,
  WorkflowVersion,
} from "./types.ts";

/** As the server pages. */
export const PAGE_SIZE = 50;
const QUEUE_POLL_MS = 5_000;
/** 20,000 cards: keeps the scroll height under every browser's limit. */
export const PAGES_MAX = 400;

export interface TaskFilters {
  status: "pending" | "decided";
  sort: "oldest" | "newest" | "due";
  q: string;
  workflow_id: string;
  kind: string;
  assignee: string;
  /** `true`, or nothing. */
  overdue: string;
}

export interface RunFilters {
  workflow_id: string;
  status: string;
  trigger: string;
  q: string;
  /** `true`, or nothing. */
  without_children?: string;
}

export interface WorkflowFilters {
  q: string;
  status: string;
  sort: string;
}

export function tasksPage(
  filters: TaskFilters,
  cursor: string,
  signal?: AbortSignal,
): Promise<Page<Task>> {
  return get(`/tasks${query({ ...filters, limit: PAGE_SIZE, cursor })}`, signal);
}

export const tasksQuery = (filters: TaskFilters) =>
  infiniteQueryOptions({
    queryKey: ["tasks", filters],
    queryFn: ({ pageParam, signal }) => tasksPage(filters, pageParam, signal),
    initialPageParam: "",
    getNextPageParam: (last, pages) => (pages.length >= PAGES_MAX ? null : last.next_cursor),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });

export const taskQuery = (id: string) =>
  queryOptions({
    queryKey: ["task", id],
    queryFn: ({ signal }) => get<Task>(`/tasks/${encodeURIComponent(id)}`, signal),
  });

export const pendingQuery = queryOptions({
  queryKey: ["pending"],
  queryFn: ({ signal }) => get<{ pending: number }>("/tasks/count", signal),
});

export const dashboardQuery = queryOptions({
  queryKey: ["dashboard"],
  queryFn: ({ signal }) => get<Dashboard>("/dashboard", signal),
});

export const runsQuery = (filters: RunFilters) =>
  infiniteQueryOptions({
    queryKey: ["runs", filters],
    queryFn: ({ pageParam, signal }) =>
      get<Page<Run>>(`/runs${query({ ...filters, limit: PAGE_SIZE, cursor: pageParam })}`, signal),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
  });

export const runQuery = (id: string) =>
  queryOptions({
    queryKey: ["run", id],
    queryFn: ({ signal }) => get<RunDetail>(`/runs/${encodeURIComponent(id)}`, signal),
    // The queue before a run moves without an event of its own.
    refetchInterval: ({ state }) => (state.data?.status === "Queued" ? QUEUE_POLL_MS : false),
  });

/** A run as it was after an event of its log, which never changes. */
export const runAtQuery = (id: string, at: number) =>
  queryOptions({
    queryKey: ["run-at", id, at],
    queryFn: ({ signal }) =>
      get<RunDetail>(`/runs/${encodeURIComponent(id)}${query({ at })}`, signal),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });

/** Part of a run's log: up to `size` events after the first `after`; what was told never changes. */
export const logQuery = (id: string, after: number, size: number) =>
  queryOptions({
    queryKey: ["run-log", id, after, size],
    queryFn: async ({ signal }) => {
      const found: LogEvent[] = [];
      // Large events come in pages of fewer.
      for (let cursor: number | null = after; cursor !== null && found.length < size; ) {
        const asked = query({ cursor, limit: size - found.length });
        const path = `/runs/${encodeURIComponent(id)}/events${asked}`;
        const page: Page<LogEvent> = await get(path, signal);
        found.push(...page.items);
        cursor = page.next_cursor === null ? null : Number(page.next_cursor);
      }
      return found;
    },
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
  });

/** How many child runs a page shows. */
export const CHILDREN_SHOWN = 20;

/** The newest runs that a run has started, or one of its steps. */
export const childRunsQuery = (id: string, node = "") =>
  queryOptions({
    queryKey: ["children", id, node],
    queryFn: ({ signal }) =>
      get<Page<Run>>(
        `/runs${query({ parent_run_id: id, parent_node: node, limit: CHILDREN_SHOWN })}`,
        signal,
      ),
  });

export const workflowsQuery = (filters: WorkflowFilters) =>
  infiniteQueryOptions({
    queryKey: ["workflows", filters],
    queryFn: ({ pageParam, signal }) =>
      get<Page<Workflow>>(
        `/workflows${query({ ...filters, limit: PAGE_SIZE, cursor: pageParam })}`,
        signal,
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
  });

/** The choices of a workflow filter: the first 200 by name, which a list box can still be read with. */
export const workflowChoicesQuery = queryOptions({
  queryKey: ["workflows", "choices"],
  queryFn: ({ signal }) => get<Page<Workflow>>("/workflows?sort=name&limit=200", signal),
});

export const workflowQuery = (id: string) =>
  queryOptions({
    queryKey: ["workflow", id],
    queryFn: ({ signal }) => get<Workflow>(`/workflows/${encodeURIComponent(id)}`, signal),
  });

export const versionsQuery = (id: string) =>
  queryOptions({
    queryKey: ["workflow", id, "versions"],
    queryFn: ({ signal }) =>
      get<Page<WorkflowVersion>>(`/workflows/${encodeURIComponent(id)}/versions`, signal),
  });

export const tokensQuery = queryOptions({
  queryKey: ["tokens"],
  queryFn: ({ signal }) => get<Page<ApiToken>>("/tokens", signal),
});

/** All of them, page by page: there are a thousand at most. */
export const secretsQuery = queryOptions({
  queryKey: ["secrets"],
  queryFn: async ({ signal }) => {
    const first = await get<SecretPage>("/secrets?limit=200", signal);
    let cursor = first.next_cursor;
    while (cursor !== null) {
      const next = await get<SecretPage>(`/secrets${query({ limit: 200, cursor })}`, signal);
      first.items.push(...next.items);
      cursor = next.next_cursor;
    }
    return first;
  },
});

export const webhookSecretsQuery = (id: string, version: number) =>
  queryOptions({
    queryKey: ["workflow", id, "webhook-secret", version],
    queryFn: ({ signal }) =>
      get<WebhookSecrets>(`/workflows/${encodeURIComponent(id)}/webhook-secret`, signal),
  });

export const deliveriesQuery = (id: string) =>
  queryOptions({
    queryKey: ["workflow", id, "deliveries"],
    queryFn: ({ signal }) =>
      get<{ items: Delivery[] }>(
        `/workflows/${encodeURIComponent(id)}/deliveries?limit=100`,
        signal,
      ),
  });

export const deliveryQuery = (workflowId: string, id: string) =>
  queryOptions({
    queryKey: ["workflow", workflowId, "delivery", id],
    queryFn: ({ signal }) =>
      get<DeliveryDetail>(
        `/workflows/${encodeURIComponent(workflowId)}/deliveries/${encodeURIComponent(id)}`,
        signal,
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });
