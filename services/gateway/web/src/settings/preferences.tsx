/** Name, time zone, language, theme and shortcuts: kept by the server for the person, followed here at once. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useRef, useState } from "react";
import { call } from "../api/client.ts";
import type { Profile } from "../api/types.ts";
import { useFormat, useI18n } from "../i18n/i18n.tsx";
import { deviceZone, LANGUAGES, readShortcuts, readTheme, THEMES } from "../i18n/preferences.ts";
import { type Chosen, profileQuery, useFollow } from "../session/profile.ts";
import { useAnnouncer } from "../ui/announcer.tsx";
import { useNow } from "../ui/clock.ts";
import { errorText, LoadError, Loading } from "../ui/states.tsx";
import { ProfileName } from "./profile-name.tsx";
import { useProfileWords } from "./profile-words.ts";

/** Each language is named in itself, so that whoever needs it can find it. */
const LANGUAGE_NAMES = { en: "English", it: "Italiano" };

export function Preferences() {
  const { w } = useProfileWords();
  const profile = useQuery(profileQuery);
  return (
    <section className="card stack profile" aria-labelledby="profile">
      <h2 id="profile">{w.title}</h2>
      <p className="muted">{w.help}</p>
      {profile.isError && <LoadError error={profile.error} />}
      {profile.data && <ProfileName key={profile.data.name} profile={profile.data} />}
      {profile.data ? <Choices profile={profile.data} /> : profile.isPending && <Loading />}
    </section>
  );
}

type Choose = (chosen: Partial<Chosen>) => void;

/**
 * Follows the choice here at once, and has the server keep it. What is chosen stands above what the server says until it
 * is kept: an answer that was on its way knows nothing of it.
 */
function useChoose(): { chosen: Partial<Chosen>; choose: Choose } {
  const { t } = useI18n();
  const queries = useQueryClient();
  const follow = useFollow();
  const { receipt } = useAnnouncer();
  const { queryKey } = profileQuery;
  const underWay = useRef(0);
  const [chosen, setChosen] = useState<Partial<Chosen>>({});
  const keep = async (chosen: Partial<Chosen>) => {
    underWay.current += 1;
    setChosen((before) => ({ ...before, ...chosen }));
    queries.setQueryData(queryKey, (shown) => shown && { ...shown, ...chosen });
    follow(chosen);
    try {
      await call<Profile>("PATCH", "/me", { body: chosen });
    } catch (error) {
      receipt(errorText(t, error));
    }
    underWay.current -= 1;
    // Between two choices the server knows only the first: asked then, it would undo the second here.
    if (underWay.current === 0) await queries.invalidateQueries({ queryKey });
    if (underWay.current === 0) setChosen({});
  };
  return { chosen, choose: (chosen) => void keep(chosen) };
}

function Choices({ profile: kept }: { profile: Profile }) {
  const { t, language } = useI18n();
  const { chosen, choose } = useChoose();
  const profile = { ...kept, ...chosen };
  const theme = profile.theme ?? readTheme();
  return (
    <>
      <ZoneChoice zone={profile.time_zone} choose={choose} />
      <fieldset className="choices">
        <legend>{t.settings.language}</legend>
        {LANGUAGES.map((each) => (
          <label key={each} className="choice">
            <input
              type="radio"
              name="language"
              checked={(profile.language ?? language) === each}
              onChange={() => choose({ language: each })}
            />
            <span lang={each}>{LANGUAGE_NAMES[each]}</span>
          </label>
        ))}
      </fieldset>
      <fieldset className="choices">
        <legend>{t.settings.theme}</legend>
        {THEMES.map((each) => (
          <label key={each} className="choice">
            <input
              type="radio"
              name="theme"
              checked={theme === each}
              onChange={() => choose({ theme: each })}
            />
            <span>{t.settings[each]}</span>
          </label>
        ))}
      </fieldset>
      <label className="choice">
        <input
          type="checkbox"
          checked={profile.shortcuts ?? readShortcuts()}
          onChange={(event) => choose({ shortcuts: event.target.checked })}
        />
        <span>{t.settings.shortcuts}</span>
      </label>
    </>
  );
}

function ZoneChoice({ zone, choose }: { zone: string | null; choose: Choose }) {
  const { w } = useProfileWords();
  const format = useFormat();
  const now = useNow();
  const id = useId();
  const offered = Intl.supportedValuesOf("timeZone");
  const zones = zone === null || offered.includes(zone) ? offered : [zone, ...offered];
  return (
    <div className="field">
      <label htmlFor={id}>{w.zone}</label>
      <select
        id={id}
        value={zone ?? ""}
        aria-describedby={`${id}-help`}
        onChange={(event) => choose({ time_zone: event.target.value || null })}
      >
        <option value="">{w.deviceZone(deviceZone())}</option>
        {zones.map((each) => (
          <option key={each} value={each}>
            {each.replaceAll("_", " ")}
          </option>
        ))}
      </select>
      <p id={`${id}-help`} className="help">
        {w.zoneHelp(format.clock(new Date(now).toISOString(), now))}
      </p>
    </div>
  );
}
