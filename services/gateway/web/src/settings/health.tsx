/** Every replica: its release, what works, how far relay and consumers are, what was repaired. */
import { useQuery } from "@tanstack/react-query";
import type { ServiceHealth } from "../gen/api.ts";
import { useFormat } from "../i18n/i18n.tsx";
import { Icon } from "../ui/icons.tsx";
import { LoadError, Loading } from "../ui/states.tsx";
import { RelativeTime } from "../ui/time.tsx";
import { healthQuery } from "./system-queries.ts";
import { useSystemWords } from "./system-words.ts";

export function Health() {
  const { w } = useSystemWords();
  const health = useQuery(healthQuery);
  return (
    <section className="card" aria-labelledby="health">
      <h2 id="health">{w.health}</h2>
      {health.isPending && <Loading />}
      {health.isError && <LoadError error={health.error} />}
      {health.data?.missing.map((name) => (
        <p key={name} className="notice tone-danger">
          <Icon name="warning" /> {w.missing(name)}
        </p>
      ))}
      <ul className="plain lines">
        {health.data?.services.map((replica) => (
          <li key={`${replica.service} ${replica.replica}`}>
            <ReplicaLine replica={replica} />
          </li>
        ))}
      </ul>
      <h3>{w.backup}</h3>
      <p className="muted">{w.backupHint}</p>
    </section>
  );
}

function ReplicaLine({ replica }: { replica: ServiceHealth }) {
  const { w } = useSystemWords();
  const missing = Object.entries(replica.ready)
    .filter(([, works]) => !works)
    .map(([part]) => w.parts[part] ?? part);
  return (
    <>
      <div className="grow">
        <strong>{replica.service}</strong> <code>{replica.replica}</code>
        <div className="muted small">
          {w.release} {replica.version} · {w.since} <RelativeTime time={replica.started_at} />
        </div>
        <Numbers replica={replica} />
      </div>
      {missing.length === 0 ? (
        <span className="badge tone-ok">
          <Icon name="tick" />
          {w.ready}
        </span>
      ) : (
        <span className="badge tone-danger">
          <Icon name="cross" />
          {w.notReady(missing.join(", "))}
        </span>
      )}
      {replica.dead_letters > 0 && (
        <span className="badge tone-warn">
          <Icon name="warning" />
          {w.deadLettersLeft(replica.dead_letters)}
        </span>
      )}
    </>
  );
}

function Numbers({ replica }: { replica: ServiceHealth }) {
  const { w } = useSystemWords();
  const format = useFormat();
  const waiting = replica.consumers.reduce((sum, each) => sum + each.waiting + each.in_hand, 0);
  const repairs = Object.values(replica.repairs).reduce((sum, each) => sum + each, 0);
  const facts: [string, string][] = Object.entries(replica.counts).map(([name, count]) => [
    w.countNames[name] ?? name,
    format.number(count),
  ]);
  if (replica.relay)
    facts.push([
      w.relay,
      replica.relay.lag_events === 0
        ? w.none
        : w.relayOf(
            format.number(replica.relay.lag_events),
            format.duration(replica.relay.oldest_seconds * 1_000),
          ),
    ]);
  if (replica.consumers.length > 0)
    facts.push([w.consumers, waiting === 0 ? w.none : format.number(waiting)]);
  if (repairs > 0) facts.push([w.repairs, format.number(repairs)]);
  return (
    <div className="small">{facts.map(([name, value]) => `${name}: ${value}`).join(" · ")}</div>
  );
}
