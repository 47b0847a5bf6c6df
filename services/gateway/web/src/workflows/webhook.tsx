/** A webhook's secret, and its last deliveries: what came, what became of it, and once more. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { Link, useLocation } from "wouter";
import { newKey, post } from "../api/client.ts";
import { deliveriesQuery, deliveryQuery, webhookSecretsQuery } from "../api/queries.ts";
import type { Delivery, NewWebhookSecret, Run, Workflow } from "../api/types.ts";
import { useFormat, useT } from "../i18n/i18n.tsx";
import { useAnnouncer } from "../ui/announcer.tsx";
import { CopyButton } from "../ui/copy.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { errorText, LoadError, Loading } from "../ui/states.tsx";
import { Plain } from "../ui/text.tsx";
import { RelativeTime } from "../ui/time.tsx";

const LOOKS = { accepted: "tone-ok", repeated: "tone-muted", refused: "tone-danger" };
const pathOf = (workflow: Workflow) => `/workflows/${encodeURIComponent(workflow.id)}`;

export default function Webhook({ workflow }: { workflow: Workflow }) {
  return (
    <div className="stack below">
      <Secret workflow={workflow} />
      <Deliveries workflow={workflow} />
    </div>
  );
}

function Secret({ workflow }: { workflow: Workflow }) {
  const t = useT();
  const format = useFormat();
  const queries = useQueryClient();
  const secrets = useQuery(webhookSecretsQuery(workflow.id, workflow.version));
  const [asking, setAsking] = useState(false);
  const [made, setMade] = useState<string | null>(null);
  if (!secrets.data || secrets.data.named) return null;
  const [current, ...former] = secrets.data.items;

  const rotate = async () => {
    const answer = await post<NewWebhookSecret>(`${pathOf(workflow)}/webhook-secret`, {});
    setMade(answer.secret);
    setAsking(false);
    await queries.invalidateQueries({ queryKey: ["workflow", workflow.id, "webhook-secret"] });
  };

  return (
    <section className="card" aria-labelledby="webhook-secret">
      <div className="row between">
        <h2 id="webhook-secret">{t.webhook.secret}</h2>
        <button type="button" onClick={() => setAsking(true)}>
          {t.webhook.newSecret}
        </button>
      </div>
      <p className="muted">
        {current ? (
          <>
            {t.webhook.made} <RelativeTime time={current.created_at} />
          </>
        ) : (
          t.webhook.noSecret
        )}
        {former.map((each) => (
          <span key={each.created_at}>
            {" · "}
            {each.expires_at && t.webhook.formerUntil(format.exact(each.expires_at))}
          </span>
        ))}
      </p>
      {made && (
        <div className="notice tone-ok" role="status">
          <div className="stack">
            <code className="secret" data-new-secret>
              {made}
            </code>
            <p>{t.settings.shownOnce}</p>
            <div className="row">
              <CopyButton text={made} />
              <button type="button" className="quiet" onClick={() => setMade(null)}>
                {t.common.dismiss}
              </button>
            </div>
          </div>
        </div>
      )}
      {asking && (
        <Confirm
          title={t.webhook.newSecretTitle}
          body={t.webhook.newSecretBody}
          action={t.webhook.newSecret}
          act={rotate}
          onClose={() => setAsking(false)}
        />
      )}
    </section>
  );
}

function Deliveries({ workflow }: { workflow: Workflow }) {
  const t = useT();
  const deliveries = useQuery(deliveriesQuery(workflow.id));
  return (
    <section className="card" aria-labelledby="deliveries">
      <div className="row between">
        <h2 id="deliveries">{t.webhook.deliveries}</h2>
        <button type="button" className="quiet" onClick={() => void deliveries.refetch()}>
          {t.webhook.refresh}
        </button>
      </div>
      {deliveries.isError && <LoadError error={deliveries.error} />}
      {deliveries.isPending && <Loading lines={2} />}
      {deliveries.data?.items.length === 0 && <p className="muted">{t.webhook.none}</p>}
      <ul className="plain lines">
        {deliveries.data?.items.map((delivery) => (
          <li key={delivery.id} data-delivery={delivery.verdict}>
            <Line workflow={workflow} delivery={delivery} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Line({ workflow, delivery }: { workflow: Workflow; delivery: Delivery }) {
  const t = useT();
  const [open, setOpen] = useState(false);
  return (
    <details className="grow" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <RelativeTime time={delivery.received_at} />{" "}
        <span className={`badge ${LOOKS[delivery.verdict]}`}>
          {t.webhook.verdicts[delivery.verdict]}
        </span>{" "}
        <span className="muted small">
          <Plain text={delivery.code ?? delivery.sent_as ?? ""} />
        </span>
      </summary>
      {open && <Detail workflow={workflow} delivery={delivery} />}
    </details>
  );
}

function Detail({ workflow, delivery }: { workflow: Workflow; delivery: Delivery }) {
  const t = useT();
  const format = useFormat();
  const [, navigate] = useLocation();
  const { receipt } = useAnnouncer();
  const whole = useQuery(deliveryQuery(workflow.id, delivery.id));
  const [asking, setAsking] = useState(false);

  const replay = async () => {
    const path = `${pathOf(workflow)}/deliveries/${encodeURIComponent(delivery.id)}/replay`;
    const run = await post<Run>(path, {}, { idempotencyKey: newKey() });
    receipt(t.webhook.replayed);
    navigate(`/runs/${run.id}`);
  };

  return (
    <div className="stack">
      {delivery.message && <p className="fault">{delivery.message}</p>}
      <p className="row">
        {delivery.run_id && (
          <Link className="button" href={`/runs/${delivery.run_id}`}>
            {t.webhook.run}
          </Link>
        )}
        {delivery.authentic ? (
          <button type="button" onClick={() => setAsking(true)}>
            {t.webhook.replay}
          </button>
        ) : (
          <span className="muted">{t.webhook.notAuthentic}</span>
        )}
      </p>
      {whole.isError && <LoadError error={whole.error} />}
      {whole.isPending && <Loading lines={3} />}
      {whole.data && (
        <>
          <Text name={t.webhook.headers}>
            {whole.data.headers.map(([name, value]) => `${name}: ${value}`).join("\n")}
          </Text>
          <Text name={`${t.webhook.body}, ${format.bytes(delivery.body_bytes)}`}>
            {whole.data.body}
          </Text>
          {whole.data.body_cut && <p className="muted">{t.webhook.cut}</p>}
        </>
      )}
      {asking && (
        <Confirm
          title={t.webhook.replayTitle}
          body={t.webhook.replayBody}
          action={t.webhook.replay}
          act={replay}
          onClose={() => setAsking(false)}
        />
      )}
    </div>
  );
}

function Text({ name, children }: { name: string; children: string }) {
  return (
    <figure className="stack">
      <figcaption className="muted small">{name}</figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
      <pre className="scroller" tabIndex={0} dir="ltr">
        <Plain text={children} />
      </pre>
    </figure>
  );
}

interface ConfirmProps {
  title: string;
  body: ReactNode;
  action: string;
  act: () => Promise<void>;
  onClose: () => void;
}

function Confirm({ title, body, action, act, onClose }: ConfirmProps) {
  const t = useT();
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const go = async () => {
    if (busy) return;
    setBusy(true);
    await act().catch((error: unknown) => {
      setFault(errorText(t, error));
      setBusy(false);
    });
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{body}</p>
      {fault && (
        <p className="fault" role="alert">
          {fault}
        </p>
      )}
      <div className="dialog-actions">
        <button type="button" data-first-focus onClick={onClose}>
          {t.common.cancel}
        </button>
        <button
          type="button"
          className="primary"
          aria-disabled={busy || undefined}
          onClick={() => void go()}
        >
          {action}
        </button>
      </div>
    </Dialog>
  );
}
