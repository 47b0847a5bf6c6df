/** Values that workflows use and nobody sees again: set, replaced and deleted here, and what uses them. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { Link } from "wouter";
import { call } from "../api/client.ts";
import { secretsQuery } from "../api/queries.ts";
import type { Secret } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { useUser } from "../session/session.tsx";
import { useAnnouncer } from "../ui/announcer.tsx";
import { ConfirmDialog, LineButton } from "../ui/confirm-dialog.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { errorText, LoadError, Loading } from "../ui/states.tsx";
import { RelativeTime } from "../ui/time.tsx";

const NAME_MAX = 64;

const pathOf = (name: string) => `/secrets/${encodeURIComponent(name)}`;

export function Secrets() {
  const t = useT();
  const user = useUser();
  const secrets = useQuery(secretsQuery);
  const heading = useRef<HTMLHeadingElement>(null);
  const [replacing, setReplacing] = useState<Secret | null>(null);
  const [deleting, setDeleting] = useState<Secret | null>(null);
  const mayChange = user.role === "admin";
  return (
    <section className="card" aria-labelledby="secrets">
      <h2 id="secrets" ref={heading} tabIndex={-1}>
        {t.settings.secrets}
      </h2>
      <p className="muted">{t.settings.secretsHelp}</p>
      {secrets.data?.key_id === null && (
        <p className="notice tone-warn">{t.settings.secretsNoKey}</p>
      )}
      {mayChange && secrets.data?.key_id && <AddSecret />}
      {secrets.isError && <LoadError error={secrets.error} />}
      {secrets.isPending && <Loading lines={1} />}
      {secrets.data?.items.length === 0 && <p className="muted">{t.settings.noSecrets}</p>}
      <ul className="plain lines">
        {secrets.data?.items.map((secret) => (
          <li key={secret.name}>
            <SecretLine secret={secret} />
            {mayChange && (
              <div className="row">
                <LineButton
                  text={t.settings.replace}
                  name={secret.name}
                  act={() => setReplacing(secret)}
                />
                <LineButton
                  isDangerous
                  text={t.settings.deleteSecret}
                  name={secret.name}
                  act={() => setDeleting(secret)}
                />
              </div>
            )}
          </li>
        ))}
      </ul>
      {replacing && <ReplaceDialog secret={replacing} onClose={() => setReplacing(null)} />}
      {deleting && (
        <DeleteDialog
          secret={deleting}
          onClose={() => setDeleting(null)}
          onDeleted={() => {
            setDeleting(null);
            heading.current?.focus();
          }}
        />
      )}
    </section>
  );
}

function SecretLine({ secret }: { secret: Secret }) {
  const t = useT();
  return (
    <div className="grow">
      <code>{secret.name}</code>
      {secret.description !== "" && <div dir="auto">{secret.description}</div>}
      {!secret.readable && <div className="fault">{t.settings.secretUnreadable}</div>}
      <div className="muted small">
        {t.settings.secretSet} <RelativeTime time={secret.updated_at} /> · {t.settings.lastUsed}{" "}
        {secret.used_at ? <RelativeTime time={secret.used_at} /> : t.settings.neverUsed}
      </div>
      {secret.used_by_total > 0 && (
        <div className="small">
          {t.settings.usedBy(secret.used_by_total)} <UsedBy secret={secret} />
        </div>
      )}
    </div>
  );
}

function UsedBy({ secret }: { secret: Secret }) {
  return secret.used_by.map((workflow, index) => (
    <span key={workflow.id}>
      {index > 0 && ", "}
      <Link href={`/workflows/${workflow.id}`} dir="auto">
        {workflow.name}
      </Link>
    </span>
  ));
}

/** Sends a value and forgets it; tells what went wrong, or null. */
function usePut() {
  const t = useT();
  const queries = useQueryClient();
  const { receipt } = useAnnouncer();
  const busy = useRef(false);
  return async (name: string, value: string): Promise<string | null> => {
    if (busy.current) return null;
    busy.current = true;
    try {
      await call<Secret>("PUT", pathOf(name), { body: { value } });
      receipt(t.settings.secretKept(name));
      await queries.invalidateQueries({ queryKey: ["secrets"] });
      return null;
    } catch (error) {
      return errorText(t, error);
    } finally {
      busy.current = false;
    }
  };
}

function AddSecret() {
  const t = useT();
  const put = usePut();
  const [name, setName] = useState("");
  const [value, setValue] = useState("");
  const [fault, setFault] = useState<string | null>(null);
  const add = async (event: FormEvent) => {
    event.preventDefault();
    if (name === "") return setFault(t.settings.secretNameRequired);
    const refused = await put(name, value);
    setFault(refused);
    if (refused === null) {
      setName("");
      setValue("");
    }
  };
  return (
    <form className="filters" noValidate onSubmit={(event) => void add(event)}>
      <label>
        <span>{t.settings.secretName}</span>
        <input
          type="text"
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          required
          maxLength={NAME_MAX}
          value={name}
          aria-describedby={fault ? "secret-fault" : undefined}
          onChange={(event) => setName(asName(event.target.value))}
        />
      </label>
      <ValueField value={value} onChange={setValue} fault={fault ? "secret-fault" : undefined} />
      <button type="submit" className="primary">
        {t.settings.addSecret}
      </button>
      {fault && (
        <p id="secret-fault" className="fault" role="alert">
          {fault}
        </p>
      )}
    </form>
  );
}

/** A name takes capitals, digits and `_`: what is typed otherwise is what was meant. */
function asName(text: string): string {
  return text.toUpperCase().replace(/[^A-Z0-9]/g, "_");
}

interface ValueProps {
  value: string;
  onChange: (value: string) => void;
  fault: string | undefined;
}

function ValueField({ value, onChange, fault }: ValueProps) {
  const t = useT();
  return (
    <label className="search-field">
      <span>{t.settings.secretValue}</span>
      <textarea
        rows={1}
        autoComplete="off"
        spellCheck={false}
        required
        value={value}
        aria-describedby={fault}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}

function ReplaceDialog({ secret, onClose }: { secret: Secret; onClose: () => void }) {
  const t = useT();
  const put = usePut();
  const [value, setValue] = useState("");
  const [fault, setFault] = useState<string | null>(null);
  const replace = async (event: FormEvent) => {
    event.preventDefault();
    const refused = await put(secret.name, value);
    setFault(refused);
    if (refused === null) onClose();
  };
  return (
    <Dialog title={t.settings.replaceTitle(secret.name)} onClose={onClose}>
      <form className="stack" noValidate onSubmit={(event) => void replace(event)}>
        <p>{t.settings.replaceBody}</p>
        <ValueField value={value} onChange={setValue} fault={fault ? "replace-fault" : undefined} />
        {fault && (
          <p id="replace-fault" className="fault" role="alert">
            {fault}
          </p>
        )}
        <div className="dialog-actions">
          <button type="button" onClick={onClose}>
            {t.common.cancel}
          </button>
          <button type="submit" className="primary">
            {t.settings.replace}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface DeleteProps {
  secret: Secret;
  onClose: () => void;
  onDeleted: () => void;
}

/** Whoever deletes has seen what uses it; if that has changed meanwhile, the server refuses. */
function DeleteDialog({ secret, onClose, onDeleted }: DeleteProps) {
  const t = useT();
  const queries = useQueryClient();
  const { receipt } = useAnnouncer();
  const isUsed = secret.used_by_total > 0;
  const remove = async () => {
    await call<void>("DELETE", pathOf(secret.name) + (isUsed ? "?force=true" : ""));
    receipt(t.settings.secretDeleted(secret.name));
    await queries.invalidateQueries({ queryKey: ["secrets"] });
    onDeleted();
  };
  return (
    <ConfirmDialog
      title={t.settings.deleteSecretTitle(secret.name)}
      action={isUsed ? t.settings.deleteAnyway : t.settings.deleteSecret}
      act={remove}
      onClose={onClose}
    >
      {isUsed ? (
        <p>
          {t.settings.deleteSecretUsed} <UsedBy secret={secret} />
        </p>
      ) : (
        <p>{t.settings.deleteSecretBody}</p>
      )}
    </ConfirmDialog>
  );
}
