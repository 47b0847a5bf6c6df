/** What the REST API sends and takes, by the noun that it is about. Written from the API's description by hand. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
  total?: number;
}

export interface User {
  id: string;
  name: string;
  role: string;
}

/** Who one is, and what one chose for all devices; null is as the device has it. */
export interface Profile extends User {
  time_zone: string | null;
  language: "en" | "it" | null;
  theme: "light" | "dark" | "system" | null;
  shortcuts: boolean | null;
}

export interface Session {
  user: User;
  csrf_token: string;
  expires_at: string;
}

export type TaskKind = "approval" | "manual_input";
export type TaskStatus = "pending" | "resolved" | "closed";
export type FieldType = "text" | "textarea" | "number" | "date";

export interface FormField {
  name: string;
  label: string;
  type: FieldType;
  required?: boolean | null;
  help?: string | null;
  placeholder?: string | null;
  default?: Json;
  min?: number | string | null;
  max?: number | string | null;
  step?: number | null;
  min_length?: number | null;
  max_length?: number | null;
  pattern?: string | null;
  pattern_message?: string | null;
}

export interface Decision {
  outcome: string;
  by: string;
  at: string;
  comment?: string | null;
  values?: JsonObject | null;
}

export interface Task {
  id: string;
  run_id: string;
  workflow_id: string;
  workflow_name: string;
  workflow_version?: number;
  node?: string;
  step_name: string;
  kind: TaskKind;
  title: string;
  title_truncated?: boolean;
  prompt: string;
  prompt_truncated?: boolean;
  fields: FormField[];
  assignees?: string[];
  status: TaskStatus;
  created_at: string;
  digest: string;
  due_at?: string | null;
  timeout_at?: string | null;
  decision: Decision | null;
  closed_reason?: string | null;
  closed_by?: string | null;
  closed_at?: string | null;
}

export type RunStatus = "Queued" | "Running" | "Waiting" | "Completed" | "Failed" | "Cancelled";
export type StepStatus = RunStatus | "Skipped" | "Retrying";

export interface RunError {
  code: string;
  message: string;
  node?: string | null;
  details?: JsonObject;
}

export interface Run {
  id: string;
  workflow_id: string;
  workflow_name: string;
  version: number;
  status: RunStatus;
  trigger: string;
  started_at: string;
  finished_at: string | null;
  duration_ms: number | null;
  error: RunError | null;
  /** The run that started this one, and by which step. */
  parent?: { run_id: string; node: string } | null;
}

export interface Step {
  node: string;
  name: string;
  type: string;
  status: StepStatus;
  started_at: string | null;
  finished_at: string | null;
  input?: Json;
  output?: Json;
  error?: RunError | null;
  attempt?: number;
  task_id?: string | null;
  decision?: Decision | null;
  /** Of a step that starts runs. */
  children?: { total: number; called: number; ended: number } | null;
  /** There once it was tried again. */
  attempts?: Attempt[];
  sleeps_until?: string;
  limit?: TimeLimit;
}

export interface Attempt {
  attempt: number;
  started_at: string;
  finished_at: string | null;
  error: { code: string; message: string } | null;
  next_at: string | null;
}

/** When the time is up, or what is left while the clock stands still. */
export interface TimeLimit {
  due_at: string | null;
  remaining_seconds: number | null;
}

export interface RunDetail extends Run {
  output?: Json;
  trace: Step[];
  definition?: JsonObject;
  /** The event of the log after which it was as shown. */
  sequence: number;
  /** When that was; null for now. */
  as_of: string | null;
  limit: TimeLimit | null;
  cancelled?: { by: string; at: string; reason: string | null };
  ahead: number | null;
}

/** When the clock starts a workflow; `words` are English. */
export interface Schedule {
  cron: string;
  timezone: string;
  words: string;
  next: string[];
}

export type WorkflowStatus = "Draft" | "Active" | "Paused";

export interface Workflow {
  id: string;
  name: string;
  description: string;
  status: WorkflowStatus;
  version: number;
  steps: number;
  trigger: string;
  created_at: string;
  updated_at: string;
  last_run: { id: string; status: RunStatus; started_at: string } | null;
  webhook_url: string | null;
  schedule?: Schedule | null;
  definition?: JsonObject;
}

export interface WorkflowVersion {
  version: number;
  created_at: string;
  created_by: string;
}

export interface Fault {
  path: string;
  code: string;
  message: string;
  /** What the message tells beside its code, for saying it in another language. */
  params?: Record<string, string | number>;
  suggestion?: string | null;
  line?: number | null;
  column?: number | null;
}

export interface Validation {
  valid: boolean;
  faults: Fault[];
  definition: JsonObject | null;
  yaml: string | null;
  json: string | null;
  schedule?: Schedule | null;
}

export interface ApiToken {
  id: string;
  name: string;
  created_at: string;
  last_used_at: string | null;
  expires_at: string | null;
  token?: string;
}

/** A secret without its value, which no answer has. */
export interface Secret {
  name: string;
  description: string;
  updated_at: string;
  used_at: string | null;
  /** False when the engine lacks the key that it was encrypted with. */
  readable: boolean;
  used_by: { id: string; name: string }[];
  used_by_total: number;
}

export interface SecretPage extends Page<Secret> {
  /** The key that encrypts now; without one no secret can be set. */
  key_id: string | null;
}

export interface FailingWorkflow {
  workflow_id: string;
  workflow_name: string;
  failed: number;
  last_failed_at: string;
  last_error: RunError | null;
}

export interface Dashboard {
  pending: number;
  oldest: Task[];
  today: Partial<Record<RunStatus, number>>;
  recent_runs: Run[];
  failing_workflows: FailingWorkflow[];
}

/** A CloudEvent as it comes over the event stream: a hint that something changed, never the truth itself. */
export interface CloudEvent {
  id: string;
  type: string;
  subject: string;
  time: string;
  data?: JsonObject;
}

/** An event of a run's log. */
export interface LogEvent extends CloudEvent {
  sequence: number;
  data: JsonObject;
}

export interface Delivery {
  id: string;
  received_at: string;
  method: string;
  content_type: string | null;
  body_bytes: number;
  sent_as: string | null;
  verdict: "accepted" | "repeated" | "refused";
  run_id: string | null;
  code: string | null;
  message: string | null;
  authentic: boolean;
}

export interface DeliveryDetail extends Delivery {
  headers: [string, string][];
  body: string;
  body_encoding: "text" | "base64";
  body_cut: boolean;
}

export interface WebhookSecrets {
  items: { created_at: string; created_by: string; expires_at: string | null }[];
  named: string | null;
}

export interface NewWebhookSecret {
  secret: string | null;
  created_at: string;
  former_expires_at: string | null;
}
