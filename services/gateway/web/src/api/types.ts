/** The API's types under the names of this app. They are generated: `src/gen/api.ts`, from the API's own description. */
import type * as Api from "../gen/api.ts";

export type { Json, JsonObject, TimeLimit } from "../gen/api.ts";

/** What is read from definitions and streams too, where only these members are sure. */
type Surely<T, K extends keyof T> = Pick<T, K> & Partial<Omit<T, K>>;
export type FormField = Surely<Api.FormField, "name" | "label" | "type">;
export type Fault = Surely<Api.Fault, "path" | "code" | "message">;
/** A hint that something changed, never the truth itself. */
export type CloudEvent = Surely<Api.CloudEvent, "id" | "type" | "subject" | "time">;

/** A page of any list; only some count. */
export interface Page<T> {
  items: T[];
  next_cursor: string | null;
  total?: number;
}

export type User = Api.UserAnswer;
/** Who one is, and what one chose for all devices; null is as the device has it. */
export type Profile = Api.ProfileAnswer;
export type Session = Api.SessionAnswer;

export type Task = Api.TaskView;
export type TaskKind = Task["kind"];
export type TaskStatus = Task["status"];
export type FieldType = Api.FormField["type"];
export type Decision = Api.TaskDecision;

export type Run = Api.RunItem;
export type RunDetail = Api.RunView;
export type RunStatus = Run["status"];
export type RunError = Api.RunError;
export type Step = Api.TraceStep;
export type StepStatus = Step["status"] | RunStatus;
export type Attempt = Api.StepAttempt;
export type LogEvent = Api.CloudEvent;

export type Schedule = Api.ScheduleView;
export type WorkflowStatus = Api.WorkflowItem["status"];
/** In lists without its definition. */
export type Workflow = Api.WorkflowItem & Partial<Pick<Api.WorkflowView, "definition">>;
export type WorkflowVersion = Api.VersionItem;
/** As `validate` gives it: what is no object is no definition. */
export type Validation = Omit<Api.Validation, "definition" | "faults"> & {
  definition: Api.JsonObject | null;
  faults: Fault[];
};

/** Fresh ones have their secret with them, once. */
export type ApiToken = Api.TokenAnswer & Partial<Api.MadeTokenAnswer>;
export type Secret = Api.SecretItem;
export type SecretPage = Api.SecretPage;

export type Dashboard = Api.DashboardAnswer;
export type FailingWorkflow = Api.FailingWorkflow;

export type Delivery = Api.DeliveryItem;
export type DeliveryDetail = Api.DeliveryView;
export type WebhookSecrets = Api.WebhookSecrets;
export type NewWebhookSecret = Api.NewWebhookSecret;
