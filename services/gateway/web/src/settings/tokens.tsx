/** Tokens for scripts: created here, shown once, revoked here. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { call, newKey, post } from "../api/client.ts";
import { tokensQuery } from "../api/queries.ts";
import type { ApiToken } from "../api/types.ts";
import { useT } from "../i18n/i18n.tsx";
import { useAnnouncer } from "../ui/announcer.tsx";
import { ConfirmDialog, LineButton } from "../ui/confirm-dialog.tsx";
import { CopyButton } from "../ui/copy.tsx";
import { errorText, LoadError, Loading } from "../ui/states.tsx";
import { UserText } from "../ui/text.tsx";
import { ClockTime, RelativeTime } from "../ui/time.tsx";

const LIFETIMES_DAYS = [30, 90, 365];

export function Tokens() {
  const t = useT();
  const tokens = useQuery(tokensQuery);
  const heading = useRef<HTMLHeadingElement>(null);
  const [created, setCreated] = useState<ApiToken | null>(null);
  const [revoking, setRevoking] = useState<ApiToken | null>(null);
  return (
    <section className="card" aria-labelledby="tokens">
      <h2 id="tokens" ref={heading} tabIndex={-1}>
        {t.settings.tokens}
      </h2>
      <p className="muted">{t.settings.tokensHelp}</p>
      <CreateToken onCreated={setCreated} />
      {created?.token && <NewToken token={created.token} onClose={() => setCreated(null)} />}
      {tokens.isError && <LoadError error={tokens.error} />}
      {tokens.isPending && <Loading lines={1} />}
      {tokens.data?.items.length === 0 && <p className="muted">{t.settings.noTokens}</p>}
      <ul className="plain lines">
        {tokens.data?.items.map((token) => (
          <li key={token.id}>
            <TokenLine token={token} onRevoke={() => setRevoking(token)} />
          </li>
        ))}
      </ul>
      {revoking && (
        <RevokeDialog
          token={revoking}
          onClose={() => setRevoking(null)}
          onRevoked={() => {
            setRevoking(null);
            if (created?.id === revoking.id) setCreated(null);
            heading.current?.focus();
          }}
        />
      )}
    </section>
  );
}

function TokenLine({ token, onRevoke }: { token: ApiToken; onRevoke: () => void }) {
  const t = useT();
  return (
    <>
      <span className="grow">
        <UserText text={token.name} />
      </span>
      <span className="muted small">
        {t.settings.created} <RelativeTime time={token.created_at} /> · {t.settings.lastUsed}{" "}
        {token.last_used_at ? <RelativeTime time={token.last_used_at} /> : t.settings.neverUsed} ·{" "}
        {t.settings.expires}{" "}
        {token.expires_at ? <ClockTime time={token.expires_at} /> : t.settings.expiresNever}
      </span>
      <LineButton isDangerous text={t.settings.revoke} name={token.name} act={onRevoke} />
    </>
  );
}

function CreateToken({ onCreated }: { onCreated: (token: ApiToken) => void }) {
  const t = useT();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [days, setDays] = useState(String(LIFETIMES_DAYS[1]));
  const [fault, setFault] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const busy = useRef(false);

  const create = async (event: FormEvent) => {
    event.preventDefault();
    if (busy.current) return;
    if (name.trim() === "") {
      setFault(t.settings.tokenNameRequired);
      return field.current?.focus();
    }
    busy.current = true;
    try {
      const body = { name: name.trim(), expires_in_days: days === "" ? null : Number(days) };
      onCreated(await post<ApiToken>("/tokens", body, { idempotencyKey: newKey() }));
      setName("");
      setFault(null);
      await queries.invalidateQueries({ queryKey: ["tokens"] });
    } catch (error) {
      setFault(errorText(t, error));
    } finally {
      busy.current = false;
    }
  };

  return (
    <form className="filters" noValidate onSubmit={(event) => void create(event)}>
      <label>
        <span>{t.settings.tokenName}</span>
        <input
          ref={field}
          type="text"
          autoComplete="off"
          required
          value={name}
          aria-invalid={fault !== null || undefined}
          aria-describedby={fault ? "token-fault" : undefined}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <label>
        <span>{t.settings.expires}</span>
        <select value={days} onChange={(event) => setDays(event.target.value)}>
          {LIFETIMES_DAYS.map((each) => (
            <option key={each} value={each}>
              {t.settings.expiresIn(each)}
            </option>
          ))}
          <option value="">{t.settings.expiresNever}</option>
        </select>
      </label>
      <button type="submit" className="primary">
        {t.settings.createToken}
      </button>
      {fault && (
        <p id="token-fault" className="fault" role="alert">
          {fault}
        </p>
      )}
    </form>
  );
}

function NewToken({ token, onClose }: { token: string; onClose: () => void }) {
  const t = useT();
  return (
    <div className="notice tone-ok" role="status">
      <div className="stack">
        <h3>{t.settings.newToken}</h3>
        <code className="secret" data-new-token>
          {token}
        </code>
        <p>{t.settings.shownOnce}</p>
        <div className="row">
          <CopyButton text={token} />
          <button type="button" className="quiet" onClick={onClose}>
            {t.common.dismiss}
          </button>
        </div>
      </div>
    </div>
  );
}

interface RevokeProps {
  token: ApiToken;
  onClose: () => void;
  onRevoked: () => void;
}

function RevokeDialog({ token, onClose, onRevoked }: RevokeProps) {
  const t = useT();
  const queries = useQueryClient();
  const { receipt } = useAnnouncer();
  const revoke = async () => {
    await call<void>("DELETE", `/tokens/${encodeURIComponent(token.id)}`);
    receipt(t.settings.revoked(token.name));
    await queries.invalidateQueries({ queryKey: ["tokens"] });
    onRevoked();
  };
  return (
    <ConfirmDialog
      title={t.settings.revokeTitle}
      action={t.settings.revoke}
      act={revoke}
      onClose={onClose}
    >
      <p dir="auto">{t.settings.revokeBody(token.name)}</p>
    </ConfirmDialog>
  );
}
