/** What the REST API sends and takes. Written from its OpenAPI document by `make schemas`; not to be edited. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** The run that a webhook delivery starts, or has started. */
export interface AcceptedDelivery {
  run_id: string;
}

/** Why an attempt failed; the log has the details. */
export interface AttemptError {
  code: string;
  message: string;
}

/** A workflow whose current version calls another one. */
export interface CallingWorkflow {
  id: string;
  name: string;
}

/** Why a run is cancelled. */
export interface CancelRunForm {
  reason?: string | null;
}

/** Which dead letters of a service: these, or all for a reason. */
export interface ChosenLettersForm {
  service: "engine" | "tasks";
  ids?: string[];
  reason?: string | null;
}

/** One fact as published. */
export interface CloudEvent {
  specversion: string;
  id: string;
  source: string;
  type: string;
  subject: string;
  time: string;
  datacontenttype: string;
  dataschema: string;
  sequence: number;
  logposition: number;
  traceparent: string | null;
  data: JsonObject;
}

/** How far a durable consumer is: messages that wait, and those that are being worked on. */
export interface ConsumerHealth {
  name: string;
  waiting: number;
  in_hand: number;
  redelivered: number;
}

/** What the Dashboard shows. */
export interface DashboardAnswer {
  pending: number;
  oldest: TaskView[];
  today: Record<string, number>;
  recent_runs: RunItem[];
  failing_workflows: FailingWorkflow[];
}

/** An event that a consumer could not handle: why, how often it tried, and when it came first and was tried last. */
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

/** A letter that could not be handled once more, and why. */
export interface DeadLetterFailure {
  id: string;
  reason: string;
}

/** How many letters there are for a reason. */
export interface DeadLetterReason {
  reason: string;
  letters: number;
}

/** A dead letter; `message` is what came, `is_whole` false if it was too long to be kept whole. */
export interface DeadLetterView {
  id: string;
  service: string;
  consumer: string;
  event_id: string;
  event_type: string;
  reason: string;
  attempts: number;
  received_at: string;
  tried_at: string;
  message: string;
  is_whole: boolean;
}

/** A page of dead letters of all services, one service after the other. */
export interface DeadLettersAnswer {
  items: DeadLetter[];
  next_cursor: string | null;
  total: number;
  reasons: DeadLetterReason[];
}

/** What goes with an approval or a rejection. */
export interface DecideForm {
  comment?: string | null;
}

/** Answers of people, and how long these took; what the clock decided is counted apart, in `timed_out`. */
export interface DecisionFigures {
  decisions: number;
  approved: number;
  rejected: number;
  submitted: number;
  timed_out: number;
  duration_ms_mean: number | null;
  duration_ms_median: number | null;
  duration_ms_p90: number | null;
}

/** The steps that people take longest to decide, by the median; all steps together; and the span before. */
export interface DecisionStats {
  items: StepDecisions[];
  total: DecisionFigures;
  previous: DecisionFigures;
}

/** A delivery in a list. `id` is ours; `sent_as` is what its sender calls it. */
export interface DeliveryItem {
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

/** The last deliveries of a workflow. */
export interface DeliveryPage {
  items: DeliveryItem[];
}

/** A delivery, whole. What could open a door is left out of the headers; a long body is cut. */
export interface DeliveryView {
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
  headers: [string, string][];
  query: JsonObject;
  body: string;
  body_encoding: "text" | "base64";
  body_cut: boolean;
}

/** The answer to DiscardDeadLetters. */
export interface DiscardedDeadLetters {
  discarded: number;
}

/** A draft as it was typed; the text may be no definition at all. */
export interface DraftForm {
  name?: string;
  description?: string;
  text: string;
  format?: "yaml" | "json";
  base_version?: number | null;
}

/** A workflow that failed in the last 24 hours. */
export interface FailingWorkflow {
  workflow_id: string;
  workflow_name: string;
  failed: number;
  last_failed_at: string;
  last_error: RunError | null;
}

/** One thing that is wrong with a definition, by the JSON pointer of the place. */
export interface Fault {
  path: string;
  code: string;
  message: string;
  params: Record<string, string | number>;
  suggestion: string | null;
  line: number | null;
  column: number | null;
}

/** Something that does not hold: which check, where, what is wrong, and what to do about it. */
export interface Finding {
  service: string;
  check: string;
  subject: string;
  message: string;
  remedy: string;
  codes: FindingCodes | null;
}

/** What a finding's texts say, for saying it in another language. */
export interface FindingCodes {
  subject: string;
  message: string;
  remedies: string[];
  params: Record<string, string | number>;
}

/** One field of a manual input, as frozen when the task opened. */
export interface FormField {
  name: string;
  label: string;
  type: "text" | "textarea" | "number" | "date";
  required: boolean;
  help: string | null;
  placeholder: string | null;
  default: Json;
  min: number | string | null;
  max: number | string | null;
  step: number | null;
  min_length: number | null;
  max_length: number | null;
  pattern: string | null;
  pattern_message: string | null;
}

/** Runs that started in one hour of the week; `weekday` is 1 for Monday to 7 for Sunday. */
export interface HourFigures {
  weekday: number;
  hour: number;
  started: number;
}

/** All 168 hours of the week in order, in the zone that was asked for. */
export interface HourStats {
  zone: string;
  items: HourFigures[];
}

/** The newest run of a workflow. */
export interface LastRun {
  id: string;
  status: "Queued" | "Running" | "Waiting" | "Completed" | "Failed" | "Cancelled";
  started_at: string;
}

/** A fact that was told and is not in the log any more: of which run or task, when, by whom, and what came of it. */
export interface LostFact {
  service: string;
  type: string;
  subject: string;
  sequence: number;
  at: string;
  by: string | null;
  outcome: string | null;
  details: JsonObject;
  certain: boolean;
}

/** A page of lost facts, oldest first; `messages` were looked at, of `messages_total` that the broker holds. */
export interface LostFactPage {
  items: LostFact[];
  next_cursor: string | null;
  messages: number;
  messages_total: number;
}

/** A fresh API token. `token` is null when the request is repeated under the same idempotency key. */
export interface MadeTokenAnswer {
  id: string;
  name: string;
  created_at: string;
  last_used_at: string | null;
  expires_at: string | null;
  token: string | null;
}

/** The answer to RotateWebhookSecret: the only time that a secret is shown; None if it was given. */
export interface NewWebhookSecret {
  secret: string | null;
  created_at: string;
  former_expires_at: string | null;
}

/** RFC 9457 problem details; `code` is stable, and some codes bring more members. */
export interface ProblemAnswer {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  [member: string]: unknown;
}

/** A person and what they chose; null is as the device has it. */
export interface ProfileAnswer {
  id: string;
  name: string;
  role: string;
  time_zone: string | null;
  language: "en" | "it" | null;
  theme: "light" | "dark" | "system" | null;
  shortcuts: boolean | null;
}

/** What is to change; a wish of null goes back to what the device has. What is left out stays. */
export interface ProfileForm {
  name?: string | null;
  time_zone?: string | null;
  language?: "en" | "it" | null;
  theme?: "light" | "dark" | "system" | null;
  shortcuts?: boolean | null;
}

/** A run that starts once the engine is back. */
export interface QueuedRun {
  id: string;
  status?: "Queued";
}

/** The last rebuild of the inbox; `none` if there was none yet. */
export interface Rebuild {
  state: "none" | "running" | "done" | "failed";
  tasks: number;
  total: number;
  started_by: string | null;
  started_at: string | null;
  finished_at: string | null;
  message: string | null;
}

/** What was shown, who decided, when and by what means, and the proof of it. */
export interface Receipt {
  format: "flusso.receipt/1";
  task_id: string;
  entries: ReceiptEntry[];
  checkpoints: ReceiptCheckpoint[];
}

/** A signed checkpoint: `signature` (Ed25519, base64) is over the checkpoint as canonical JSON. */
export interface ReceiptCheckpoint {
  checkpoint: Record<string, number | string>;
  signature: string;
  public_key: string;
}

/** An entry of the task's log: `sha256(entry as canonical JSON)` is `hash`, and `path` leads from it to the root. */
export interface ReceiptEntry {
  entry: Record<string, number | string>;
  data: string;
  hash: string;
  path: ReceiptStep[];
  checkpoint: number;
}

/** A neighbour on the way from an entry to the root of its checkpoint. */
export interface ReceiptStep {
  side: "left" | "right";
  hash: string;
}

/** How far the log was told: `lag_events` are committed and not told yet, the oldest for `oldest_seconds`. */
export interface RelayHealth {
  leads: boolean;
  lag_events: number;
  oldest_seconds: number;
}

/** The answer to ReplayDeadLetters: how many were handled, which were not, how many of the reason are left. */
export interface ReplayedDeadLetters {
  replayed: number;
  failed: DeadLetterFailure[];
  left: number;
}

/** The figures of one hour or day, which began at `at`. */
export interface RunBucket {
  started: number;
  completed: number;
  failed: number;
  rejected: number;
  cancelled: number;
  success_rate: number | null;
  duration_ms_mean: number | null;
  duration_ms_median: number | null;
  duration_ms_p90: number | null;
  at: string;
}

/** Who cancelled a run, when and why. */
export interface RunCancellation {
  by: string;
  at: string;
  reason: string | null;
}

/** Why a node or a run failed. `code` is stable; `message` is for the person who built the workflow. */
export interface RunError {
  code: string;
  message: string;
  node: string | null;
  details: JsonObject;
}

/** A page of a run's log. */
export interface RunEventPage {
  items: CloudEvent[];
  next_cursor: string | null;
}

/** What became of runs: started and ended in the span. `rejected` are among the `failed`: a person said no. */
export interface RunFigures {
  started: number;
  completed: number;
  failed: number;
  rejected: number;
  cancelled: number;
  success_rate: number | null;
  duration_ms_mean: number | null;
  duration_ms_median: number | null;
  duration_ms_p90: number | null;
}

/** A run in a list. */
export interface RunItem {
  id: string;
  workflow_id: string;
  workflow_name: string;
  version: number;
  status: "Queued" | "Running" | "Waiting" | "Completed" | "Failed" | "Cancelled";
  trigger: "manual" | "webhook" | "schedule" | "event" | "workflow";
  started_at: string;
  finished_at: string | null;
  duration_ms: number | null;
  error: RunError | null;
  parent: RunParent | null;
}

/** A page of runs. */
export interface RunPage {
  items: RunItem[];
  next_cursor: string | null;
}

/** The run that started this one, and by which of its nodes. */
export interface RunParent {
  run_id: string;
  node: string;
}

/** Every bucket of the span, the oldest first; all together; and the span of the same length before it. */
export interface RunStats {
  start: string;
  end: string;
  zone: string;
  bucket: "hour" | "day";
  items: RunBucket[];
  total: RunFigures;
  previous: RunFigures;
}

/** A run as its page shows it. */
export interface RunView {
  id: string;
  workflow_id: string;
  workflow_name: string;
  version: number;
  status: "Queued" | "Running" | "Waiting" | "Completed" | "Failed" | "Cancelled";
  trigger: "manual" | "webhook" | "schedule" | "event" | "workflow";
  started_at: string;
  finished_at: string | null;
  duration_ms: number | null;
  error: RunError | null;
  parent: RunParent | null;
  output: Json;
  trace: TraceStep[];
  definition: JsonObject;
  sequence: number;
  as_of: string | null;
  limit: TimeLimit | null;
  cancelled?: RunCancellation | null;
  ahead: number | null;
}

/** When the clock starts runs: the schedule, in English words, and its next instants. */
export interface ScheduleView {
  cron: string;
  timezone: string;
  words: string;
  next: string[];
}

/** The value of a secret, which is never shown again, and what it is for. */
export interface SecretForm {
  value: string;
  description?: string | null;
}

/** A secret without its value; `used_by` has the first workflows of `used_by_total`. */
export interface SecretItem {
  name: string;
  description: string;
  created_at: string;
  updated_at: string;
  updated_by: string;
  used_at: string | null;
  key_id: string;
  readable: boolean;
  used_by: UsingWorkflow[];
  used_by_total: number;
}

/** A page of secrets. `key_id` names the key that encrypts; without one none can be set. */
export interface SecretPage {
  items: SecretItem[];
  next_cursor: string | null;
  key_id: string | null;
}

/** One replica. `ready` says what works; `repairs` counts by kind what the reconciler put right since its start. */
export interface ServiceHealth {
  service: string;
  replica: string;
  version: string;
  started_at: string;
  ready: Record<string, boolean>;
  relay: RelayHealth | null;
  consumers: ConsumerHealth[];
  dead_letters: number;
  repairs: Record<string, number>;
  counts: Record<string, number>;
}

/** Who is signed in; unsafe requests repeat `csrf_token` in `X-CSRF-Token`. */
export interface SessionAnswer {
  user: UserAnswer;
  csrf_token: string;
  expires_at: string;
}

/** The token of a sign-in link, which is what stands behind its `#token=`. */
export interface SignInForm {
  token: string;
}

/** Where to sign in, once. */
export interface SignInLinkAnswer {
  url_path: string;
  expires_at: string;
}

/** The input of a run: what `trigger.output` will be. */
export interface StartRunForm {
  input?: JsonObject | null;
}

/** The answer to StartRun and ReceiveDelivery, as committed. */
export interface StartedRun {
  id: string;
  workflow_id: string;
  workflow_name: string;
  version: number;
  status: "Queued" | "Running" | "Waiting" | "Completed" | "Failed" | "Cancelled";
  started_at: string;
  repeated: boolean;
}

/** One attempt of a step that was tried more than once; the next one is due at `next_at`. */
export interface StepAttempt {
  attempt: number;
  started_at: string;
  finished_at: string | null;
  error: AttemptError | null;
  next_at: string | null;
}

/** The child runs of a step, counted. */
export interface StepChildren {
  total: number;
  called: number;
  ended: number;
}

/** What a person answered, in the trace of the step that asked. */
export interface StepDecision {
  outcome: "approved" | "rejected" | "submitted" | "timed_out";
  by: string;
  at: string;
  comment: string | null;
  values: JsonObject | null;
}

/** The figures of one step, under the names of its last decision. */
export interface StepDecisions {
  decisions: number;
  approved: number;
  rejected: number;
  submitted: number;
  timed_out: number;
  duration_ms_mean: number | null;
  duration_ms_median: number | null;
  duration_ms_p90: number | null;
  workflow_id: string;
  workflow_name: string;
  node: string;
  step_name: string;
}

/** The figures of one step; its name and type are those of the workflow's current version, if it still has it. */
export interface StepFigures {
  workflow_id: string;
  workflow_name: string;
  node: string;
  step_name: string;
  type: string;
  steps: number;
  failed: number;
  duration_ms_mean: number;
  duration_ms_median: number;
  duration_ms_p90: number;
}

/** Steps that ended in the span, the slowest first, by their mean. */
export interface StepStats {
  items: StepFigures[];
}

/** The values of a form, by field name. */
export interface SubmitForm {
  values: JsonObject;
  comment?: string | null;
}

/** How everything is: each replica that answered, the services of which none did, the last look at everything. */
export interface SystemHealthAnswer {
  services: ServiceHealth[];
  missing: string[];
  intake_waiting: number;
  verification: VerificationAnswer | null;
}

/** Somebody who tried to decide and was refused; `code` says why. */
export interface TaskAttempt {
  by: string;
  action: "approve" | "reject" | "submit";
  code: string;
  at: string;
}

/** The answer to CountTasks: exact. */
export interface TaskCount {
  pending: number;
}

/** What was answered, by whom and when. */
export interface TaskDecision {
  outcome: "approved" | "rejected" | "submitted" | "timed_out";
  by: string;
  at: string;
  values: JsonObject | null;
  comment: string | null;
}

/** A page of tasks; `total` counts all that match, exactly. */
export interface TaskPage {
  items: TaskView[];
  next_cursor: string | null;
  total: number;
}

/** A task as the API shows it; in a list `prompt` may be shortened, and then `prompt_truncated` is true. */
export interface TaskView {
  id: string;
  run_id: string;
  workflow_id: string;
  workflow_name: string;
  workflow_version: number;
  node: string;
  step_name: string;
  kind: "approval" | "manual_input";
  title: string;
  prompt: string;
  prompt_truncated: boolean;
  fields: FormField[];
  assignees: string[];
  status: "pending" | "resolved" | "closed";
  created_at: string;
  digest: string;
  due_at: string | null;
  timeout_at: string | null;
  decision: TaskDecision | null;
  closed_reason: string | null;
  closed_by?: string | null;
  closed_at?: string | null;
  attempts?: TaskAttempt[];
  attempts_total?: number;
}

/** When the time is up, or how much is left while the clock stands still because only people can move on. */
export interface TimeLimit {
  due_at: string | null;
  remaining_seconds: number | null;
}

/** One run. Of one with more than a hundred steps the longest are there, and `steps_total` says how many it has. */
export interface Timeline {
  id: string;
  workflow_id: string;
  workflow_name: string;
  status: "Queued" | "Running" | "Waiting" | "Completed" | "Failed" | "Cancelled";
  trigger: "manual" | "webhook" | "schedule" | "event" | "workflow";
  started_at: string;
  finished_at: string | null;
  parent_run_id: string | null;
  steps: TimelineStep[];
  steps_total: number;
}

/** A page of timelines. */
export interface TimelinePage {
  items: Timeline[];
  next_cursor: string | null;
}

/** When one step ran; without `finished_at` it still does. */
export interface TimelineStep {
  node: string;
  name: string;
  type: string;
  status: "Running" | "Waiting" | "Retrying" | "Completed" | "Failed" | "Skipped" | "Cancelled";
  started_at: string;
  finished_at: string | null;
}

/** An API token; its secret is in no answer but the first one. */
export interface TokenAnswer {
  id: string;
  name: string;
  created_at: string;
  last_used_at: string | null;
  expires_at: string | null;
}

/** An API token to be made. */
export interface TokenForm {
  name: string;
  expires_in_days?: number | null;
}

/** The caller's API tokens. */
export interface TokenPage {
  items: TokenAnswer[];
  next_cursor: string | null;
}

/** One step of the trace: one visit of one node. */
export interface TraceStep {
  node: string;
  name: string;
  type: string;
  status: "Running" | "Waiting" | "Retrying" | "Completed" | "Failed" | "Skipped" | "Cancelled";
  started_at: string;
  finished_at: string | null;
  input: Json;
  output: Json;
  error: RunError | null;
  attempt: number;
  task_id: string | null;
  decision: StepDecision | null;
  children: StepChildren | null;
  attempts?: StepAttempt[];
  sleeps_until?: string | null;
  limit?: TimeLimit | null;
}

/** A person with an account. */
export interface UserAnswer {
  id: string;
  name: string;
  role: string;
}

/** A workflow whose current version uses a secret. */
export interface UsingWorkflow {
  id: string;
  name: string;
}

/** A definition to be judged: as a text, or as an object. */
export interface ValidateForm {
  text?: string | null;
  format?: "yaml" | "json";
  definition?: Json;
}

/** The answer to ValidateDefinition; `definition`, `yaml` and `json` are set when the text could be read. */
export interface Validation {
  valid: boolean;
  faults: Fault[];
  definition: Json;
  yaml: string | null;
  json: string | null;
  schedule: ScheduleView | null;
}

/** A look at everything: how far it is, and what it found. `done` and `findings` empty: everything holds. */
export interface VerificationAnswer {
  id: string;
  state: "running" | "stopped" | "done";
  started_by: string;
  started_at: string;
  finished_at: string | null;
  limit: number | null;
  since: string | null;
  phase: string;
  streams: Record<string, number>;
  totals: Record<string, number>;
  events: number;
  waits: number;
  found: number;
  findings: Finding[];
}

/** What to look at: at most so many streams of each service, those that moved since then; without them all. */
export interface VerificationForm {
  limit?: number | null;
  since?: string | null;
}

/** The last looks at everything, the newest first; without their findings. */
export interface VerificationsAnswer {
  items: VerificationAnswer[];
}

/** One immutable version. */
export interface VersionItem {
  version: number;
  created_at: string;
  created_by: string;
}

/** A page of versions. */
export interface VersionPage {
  items: VersionItem[];
  next_cursor: string | null;
}

/** A secret for a webhook, made if none is given, and for how long the former ones are still taken. */
export interface WebhookSecretForm {
  secret?: string | null;
  overlap?: string;
}

/** A secret that is taken now; the current one never expires. */
export interface WebhookSecretItem {
  created_at: string;
  created_by: string;
  expires_at: string | null;
}

/** Newest first. `named` is the secret of that name which the trigger refers to instead. */
export interface WebhookSecrets {
  items: WebhookSecretItem[];
  named: string | null;
}

/** What somebody edits and has not saved; it may be no definition at all. */
export interface WorkflowDraft {
  name: string;
  description: string;
  text: string;
  format: "yaml" | "json";
  base_version: number | null;
  revision: number;
  saved_at: string;
}

/** The figures of one workflow, under the name that it has now. */
export interface WorkflowFigures {
  started: number;
  completed: number;
  failed: number;
  rejected: number;
  cancelled: number;
  success_rate: number | null;
  duration_ms_mean: number | null;
  duration_ms_median: number | null;
  duration_ms_p90: number | null;
  workflow_id: string;
  workflow_name: string;
}

/** A workflow as its author gives it. */
export interface WorkflowForm {
  name: string;
  description?: string;
  definition: JsonObject;
  source?: string | null;
}

/** A workflow in a list. */
export interface WorkflowItem {
  id: string;
  name: string;
  description: string;
  status: "Draft" | "Active" | "Paused";
  version: number;
  steps: number;
  trigger: string;
  created_at: string;
  updated_at: string;
  last_run: LastRun | null;
  webhook_url: string | null;
  schedule: ScheduleView | null;
}

/** A page of workflows. */
export interface WorkflowPage {
  items: WorkflowItem[];
  next_cursor: string | null;
}

/** Workflows that ran in the span. */
export interface WorkflowStats {
  items: WorkflowFigures[];
}

/** What hangs on a workflow; runs are counted up to `counted_max`, callers listed up to a limit. */
export interface WorkflowUse {
  runs: number;
  live_runs: number;
  counted_max: number;
  callers: CallingWorkflow[];
}

/** A workflow, whole; `source` is the YAML that its author wrote, where that was kept. */
export interface WorkflowView {
  id: string;
  name: string;
  description: string;
  status: "Draft" | "Active" | "Paused";
  version: number;
  steps: number;
  trigger: string;
  created_at: string;
  updated_at: string;
  last_run: LastRun | null;
  webhook_url: string | null;
  schedule: ScheduleView | null;
  definition: JsonObject;
  source: string | null;
}
