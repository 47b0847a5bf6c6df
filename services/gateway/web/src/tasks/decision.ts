/**
 * Sends one person's decision. Confirmed, never optimistic: it is only called made when the server says so, repeated under
 * one idempotency key while there is no answer, and looked up when there still is none.
 */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { call, newKey, Problem, Unanswered } from "../api/client.ts";
import { taskQuery } from "../api/queries.ts";
import type { JsonObject, Task } from "../api/types.ts";
import { useUser } from "../session/session.tsx";
import { refusedFaults } from "./form-values.ts";

export type Action = "approve" | "reject" | "submit";

export type Phase =
  | { kind: "idle" }
  | { kind: "sending"; action: Action; retrying: boolean }
  | { kind: "unsure"; action: Action }
  | { kind: "lost"; problem: Problem | null }
  | {
      kind: "refused";
      reason: "changed" | "stillPending" | "notYours" | "wrongKind" | "error";
      error: unknown;
    };

const IDLE: Phase = { kind: "idle" };
const RETRY_MS = [1_000, 2_000, 4_000];
const LOOK_MS = [1_000, 2_000, 4_000, 8_000, 15_000];
const RETRY_AFTER_SECONDS_MAX = 5;

interface Listener {
  /** The server confirmed this person's decision. */
  decided: (task: Task, action: Action) => void;
  /** The task is not what the card showed; this is what it is now. */
  changed: (task: Task) => void;
  invalid: (faults: Record<string, string>) => void;
}

export function useDecision(task: Task, listener: Listener) {
  const [phase, setPhase] = useState<Phase>(IDLE);
  const queries = useQueryClient();
  const user = useUser();
  const busy = useRef(false);
  const intent = useRef<{ signature: string; key: string } | null>(null);
  const alive = useRef(true);
  useEffect(() => {
    alive.current = true;
    return () => {
      alive.current = false;
    };
  }, []);

  const truth = () => queries.fetchQuery({ ...taskQuery(task.id), staleTime: 0 });

  const keyFor = (signature: string): string => {
    if (intent.current?.signature !== signature) intent.current = { signature, key: newKey() };
    return intent.current.key;
  };

  const send = async (action: Action, body: JsonObject): Promise<void> => {
    // The state arrives only after a second click: the ref is what stops it.
    if (busy.current) return;
    busy.current = true;
    const key = keyFor(JSON.stringify([action, body, task.digest]));
    try {
      setPhase({ kind: "sending", action, retrying: false });
      const decided = await attempt(action, body, key);
      if (decided) finish(decided, action);
      else await lookUp(action);
    } catch (error) {
      await refused(error);
    } finally {
      busy.current = false;
    }
  };

  /** The decided task, or null when no answer came. */
  const attempt = async (action: Action, body: JsonObject, key: string): Promise<Task | null> => {
    const path = `/tasks/${encodeURIComponent(task.id)}/${action}`;
    const headers = { "if-match": `"${task.digest}"` };
    for (const wait of [...RETRY_MS, null]) {
      try {
        return await call<Task>("POST", path, { body, headers, idempotencyKey: key });
      } catch (error) {
        if (!isUncertain(error)) throw error;
        if (wait === null) return null;
        setPhase({ kind: "sending", action, retrying: true });
        await pause(Math.max(wait, retryAfterMs(error)));
      }
    }
    return null;
  };

  const lookUp = async (action: Action): Promise<void> => {
    setPhase({ kind: "unsure", action });
    for (const wait of LOOK_MS) {
      const found = await truth().catch(() => null);
      if (found) return settle(found, action);
      await pause(wait);
    }
    setPhase({ kind: "refused", reason: "error", error: new Unanswered() });
  };

  const settle = (found: Task, action: Action): void => {
    if (found.status === "pending") {
      setPhase({ kind: "refused", reason: "stillPending", error: null });
    } else if (isMine(found, action, user.name, user.id)) {
      finish(found, action);
    } else {
      setPhase({ kind: "lost", problem: null });
      listener.changed(found);
    }
  };

  const finish = (decided: Task, action: Action): void => {
    intent.current = null;
    if (alive.current) setPhase(IDLE);
    queries.setQueryData(taskQuery(task.id).queryKey, decided);
    listener.decided(decided, action);
  };

  const refused = async (error: unknown): Promise<void> => {
    if (!(error instanceof Problem)) {
      setPhase({ kind: "refused", reason: "error", error });
      return;
    }
    setPhase(phaseFor(error));
    if (error.code === "invalid-values") listener.invalid(refusedFaults(error));
    // Whatever made the server refuse also made the card on the screen wrong.
    if ([403, 409, 412].includes(error.status)) {
      const found = await truth().catch(() => null);
      if (found) listener.changed(found);
    }
  };

  return { phase, send, clear: () => setPhase(IDLE) };
}

function phaseFor(problem: Problem): Phase {
  if (problem.code === "already-decided" || problem.code === "run-ended")
    return { kind: "lost", problem };
  if (problem.status === 412) return { kind: "refused", reason: "changed", error: problem };
  if (problem.code === "wrong-kind")
    return { kind: "refused", reason: "wrongKind", error: problem };
  if (problem.code === "invalid-values") return IDLE;
  if (problem.status === 403) return { kind: "refused", reason: "notYours", error: problem };
  return { kind: "refused", reason: "error", error: problem };
}

/** No answer, or an answer that cannot say whether it took effect. */
function isUncertain(error: unknown): boolean {
  if (error instanceof Problem) return error.status >= 500 || error.code === "too-many-requests";
  return error instanceof Unanswered;
}

function retryAfterMs(error: unknown): number {
  const seconds = error instanceof Problem ? (error.retryAfter ?? 0) : 0;
  return Math.min(seconds, RETRY_AFTER_SECONDS_MAX) * 1_000;
}

const OUTCOMES: Record<Action, string> = {
  approve: "approved",
  reject: "rejected",
  submit: "submitted",
};

function isMine(task: Task, action: Action, name: string, id: string): boolean {
  const by = task.decision?.by;
  return task.decision?.outcome === OUTCOMES[action] && (by === name || by === id);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => window.setTimeout(resolve, milliseconds));
}
