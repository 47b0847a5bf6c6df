/** What consumers could not handle: looked at, handled once more, given up. */
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import type { DeadLetter } from "../gen/api.ts";
import { useAnnouncer } from "../ui/announcer.tsx";
import { ConfirmDialog, LineButton } from "../ui/confirm-dialog.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { errorText, LoadError, Loading } from "../ui/states.tsx";
import { RelativeTime } from "../ui/time.tsx";
import { discardLetters, letterQuery, lettersQuery, replayLetters } from "./system-queries.ts";
import { useSystemWords } from "./system-words.ts";

export function DeadLetters() {
  const { w, t } = useSystemWords();
  const letters = useInfiniteQuery(lettersQuery);
  const heading = useRef<HTMLHeadingElement>(null);
  const [shown, setShown] = useState<DeadLetter | null>(null);
  const [discarding, setDiscarding] = useState<DeadLetter | null>(null);
  const replay = useReplay();
  const found = letters.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className="card" aria-labelledby="letters">
      <h2 id="letters" ref={heading} tabIndex={-1}>
        {w.letters}
      </h2>
      <p className="muted">{w.lettersHelp}</p>
      {letters.isPending && <Loading lines={1} />}
      {letters.isError && <LoadError error={letters.error} />}
      {letters.data && found.length === 0 && <p>{w.noLetters}</p>}
      <ul className="plain lines">
        {found.map((letter) => (
          <li key={letter.id}>
            <LetterLine letter={letter} />
            <div className="row">
              <LineButton text={w.show} name={nameOf(letter)} act={() => setShown(letter)} />
              <LineButton text={w.replay} name={nameOf(letter)} act={() => void replay([letter])} />
              <LineButton
                text={w.discard}
                name={nameOf(letter)}
                act={() => setDiscarding(letter)}
              />
            </div>
          </li>
        ))}
      </ul>
      <div className="row">
        {found.length > 1 && (
          <button type="button" onClick={() => void replay(found)}>
            {w.replayShown}
          </button>
        )}
        {letters.hasNextPage && (
          <button type="button" onClick={() => void letters.fetchNextPage()}>
            {w.more}
          </button>
        )}
      </div>
      {shown && (
        <Dialog title={shown.event_type || w.unreadable} onClose={() => setShown(null)}>
          <Message letter={shown} />
          <div className="dialog-actions">
            <button type="button" data-first-focus onClick={() => setShown(null)}>
              {t.common.close}
            </button>
          </div>
        </Dialog>
      )}
      {discarding && (
        <DiscardDialog
          letter={discarding}
          onClose={() => setDiscarding(null)}
          onDiscarded={() => {
            setDiscarding(null);
            heading.current?.focus();
          }}
        />
      )}
    </section>
  );
}

const nameOf = (letter: DeadLetter) => letter.event_id || letter.id;

function LetterLine({ letter }: { letter: DeadLetter }) {
  const { w } = useSystemWords();
  return (
    <div className="grow">
      <strong>{letter.event_type || w.unreadable}</strong>
      <div lang="en" dir="auto">
        {letter.reason}
      </div>
      <div className="muted small">
        {letter.consumer} · {w.tries(letter.attempts)} · <RelativeTime time={letter.received_at} />
      </div>
    </div>
  );
}

/** Hands letters to their consumers once more, service by service, and says what came of it. */
function useReplay() {
  const { w, t } = useSystemWords();
  const queries = useQueryClient();
  const { receipt } = useAnnouncer();
  const busy = useRef(false);
  return async (letters: DeadLetter[]) => {
    if (busy.current) return;
    busy.current = true;
    try {
      let handled = 0;
      let failed = 0;
      for (const service of new Set(letters.map((letter) => letter.service))) {
        const ids = letters.filter((one) => one.service === service).map((one) => one.id);
        const answer = await replayLetters(service, { ids: ids.slice(0, 200) });
        handled += answer.replayed;
        failed += answer.failed.length;
      }
      receipt(
        [handled > 0 && w.replayed(handled), failed > 0 && w.stillFails(failed)]
          .filter(Boolean)
          .join(" "),
      );
    } catch (error) {
      receipt(errorText(t, error));
    } finally {
      busy.current = false;
      await queries.invalidateQueries({ queryKey: ["system"] });
    }
  };
}

function Message({ letter }: { letter: DeadLetter }) {
  const { w } = useSystemWords();
  const detail = useQuery(letterQuery(letter));
  if (detail.isPending) return <Loading lines={2} />;
  if (detail.isError) return <LoadError error={detail.error} />;
  return (
    <>
      <pre className="secret" dir="auto">
        {pretty(detail.data.message)}
      </pre>
      {!detail.data.is_whole && <p className="muted small">{w.beginning}</p>}
    </>
  );
}

/** JSON with a line for each member; what is none stays as it is. */
function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

interface DiscardProps {
  letter: DeadLetter;
  onClose: () => void;
  onDiscarded: () => void;
}

function DiscardDialog({ letter, onClose, onDiscarded }: DiscardProps) {
  const { w } = useSystemWords();
  const queries = useQueryClient();
  const { receipt } = useAnnouncer();
  const discard = async () => {
    await discardLetters(letter.service, { ids: [letter.id] });
    receipt(w.discarded);
    await queries.invalidateQueries({ queryKey: ["system"] });
    onDiscarded();
  };
  return (
    <ConfirmDialog title={w.discardTitle} action={w.discard} act={discard} onClose={onClose}>
      <p>{w.discardBody}</p>
    </ConfirmDialog>
  );
}
