/** The person's name, as decisions show it. Tasks are assigned by it, so only an admin changes it. */
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useRef, useState } from "react";
import { call, Problem } from "../api/client.ts";
import type { Profile } from "../api/types.ts";
import { profileQuery } from "../session/profile.ts";
import { useAnnouncer } from "../ui/announcer.tsx";
import { errorText } from "../ui/states.tsx";
import { useProfileWords } from "./profile-words.ts";

const NAME_MAX = 200;

export function ProfileName({ profile }: { profile: Profile }) {
  const { w, t } = useProfileWords();
  const id = useId();
  const queries = useQueryClient();
  const { receipt } = useAnnouncer();
  const field = useRef<HTMLInputElement>(null);
  const [name, setName] = useState(profile.name);
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const fixed = profile.role !== "admin";

  const fail = (text: string) => {
    setFault(text);
    field.current?.focus();
  };

  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (busy || fixed) return;
    if (name.trim() === "") return fail(w.nameRequired);
    setBusy(true);
    setFault(null);
    try {
      const fresh = await call<Profile>("PATCH", "/me", { body: { name: name.trim() } });
      queries.setQueryData(profileQuery.queryKey, fresh);
      void queries.invalidateQueries({ queryKey: ["session"] });
      receipt(w.renamed(fresh.name));
    } catch (error) {
      const taken = error instanceof Problem && error.code === "name-taken";
      fail(taken ? w.nameTaken : errorText(t, error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <form className="field" noValidate onSubmit={(event) => void save(event)}>
      <label htmlFor={id}>{w.name}</label>
      <div className="row">
        <input
          id={id}
          ref={field}
          type="text"
          dir="auto"
          autoComplete="name"
          maxLength={NAME_MAX}
          readOnly={fixed}
          value={name}
          aria-invalid={fault !== null || undefined}
          aria-describedby={fault ? `${id}-help ${id}-fault` : `${id}-help`}
          onChange={(event) => setName(event.target.value)}
        />
        {!fixed && (
          <button type="submit" aria-disabled={busy || undefined}>
            {busy ? w.saving : w.save}
          </button>
        )}
      </div>
      <p id={`${id}-help`} className="help">
        {fixed ? w.nameFixed : w.nameHelp}
      </p>
      {fault && (
        <p id={`${id}-fault`} className="fault" role="alert">
          {fault}
        </p>
      )}
    </form>
  );
}
