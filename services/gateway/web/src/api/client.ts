/** The one way to the REST API: cookie session, CSRF header, problem details as errors. */
import type { Json, JsonObject, Session } from "./types.ts";

/** An answer of the server that says no, with its stable code and its extra members. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly members: JsonObject,
    readonly retryAfter: number | null,
  ) {
    super(typeof members.detail === "string" ? members.detail : code);
  }

  text(name: string): string | null {
    const value = this.members[name];
    return typeof value === "string" ? value : null;
  }
}

/** No answer arrived: the request may or may not have taken effect. */
export class Unanswered extends Error {}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface Call {
  body?: Json;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** The same key on a repeated request gives the first answer again. */
  idempotencyKey?: string;
}

/** No request of the UI waits longer than this; the server answers every one of them within 5 s. */
const TIMEOUT_MS = 20_000;

let csrfToken = "";
let onSignedOut: () => void = () => undefined;

export function rememberSession(session: Session): void {
  csrfToken = session.csrf_token;
}

/** Called whenever the server no longer knows this browser. */
export function whenSignedOut(listener: () => void): void {
  onSignedOut = listener;
}

export async function call<T>(method: Method, path: string, options: Call = {}): Promise<T> {
  const response = await send(method, path, options);
  if (response.ok) return parse<T>(response);
  const problem = await toProblem(response);
  // Another tab has signed in anew: the cookie is the new session's, the token still the old one's.
  if (problem.code === "csrf" && (await renewToken())) return call(method, path, options);
  if (problem.status === 401 && path !== "/session") onSignedOut();
  throw problem;
}

/** For what the API sends as a text of its own, such as an exported definition. */
export async function getText(path: string, signal?: AbortSignal): Promise<string> {
  const response = await send("GET", path, signal ? { signal } : {});
  if (response.ok) return response.text();
  throw await toProblem(response);
}

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> =>
  call<T>("GET", path, signal ? { signal } : {});

export const post = <T>(path: string, body: Json = {}, options: Call = {}): Promise<T> =>
  call<T>("POST", path, { idempotencyKey: newKey(), ...options, body });

/** A random key; not `crypto.randomUUID`, which plain HTTP on a LAN does not offer. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Builds a query string; empty values are left out, so that defaults never show in it. */
export function query(parameters: Record<string, string | number | null | undefined>): string {
  const pairs = Object.entries(parameters).filter(
    ([, value]) => value !== null && value !== undefined && value !== "",
  );
  const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  return text === "" ? "" : `?${text}`;
}

/** True when there is another token than the one that was refused, so that a second try makes sense. */
async function renewToken(): Promise<boolean> {
  const refused = csrfToken;
  const response = await send("GET", "/session", {});
  if (!response.ok) return false;
  rememberSession(await parse<Session>(response));
  return csrfToken !== refused;
}

async function send(method: Method, path: string, options: Call): Promise<Response> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  const request: RequestInit = { method, headers: headersOf(method, options), signal };
  if (options.body !== undefined) request.body = JSON.stringify(options.body);
  try {
    return await fetch(`/api/v1${path}`, request);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Unanswered(String(error));
  }
}

function headersOf(method: Method, options: Call): Record<string, string> {
  const headers: Record<string, string> = { accept: "application/json", ...options.headers };
  if (options.body !== undefined) headers["content-type"] = "application/json";
  if (method !== "GET") headers["x-csrf-token"] = csrfToken;
  if (options.idempotencyKey) headers["idempotency-key"] = options.idempotencyKey;
  return headers;
}

async function parse<T>(response: Response): Promise<T> {
  if (response.status === 204) return undefined as T;
  try {
    return (await response.json()) as T;
  } catch (error) {
    throw new Unanswered(String(error));
  }
}

async function toProblem(response: Response): Promise<Problem> {
  const seconds = Number(response.headers.get("retry-after"));
  const retryAfter = Number.isFinite(seconds) && seconds > 0 ? seconds : null;
  const body = await response.json().catch(() => ({}));
  const members = (typeof body === "object" && body !== null ? body : {}) as JsonObject;
  const code = typeof members.code === "string" ? members.code : `http-${response.status}`;
  return new Problem(response.status, code, members, retryAfter);
}
