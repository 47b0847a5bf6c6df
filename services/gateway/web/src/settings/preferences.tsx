/** Language, theme and shortcuts: kept in this browser. */
import { useState } from "react";
import { useI18n } from "../i18n/i18n.tsx";
import {
  LANGUAGES,
  readShortcuts,
  readTheme,
  storeShortcuts,
  storeTheme,
  THEMES,
  type Theme,
} from "../i18n/preferences.ts";

/** Each language is named in itself, so that whoever needs it can find it. */
const LANGUAGE_NAMES = { en: "English", it: "Italiano" };

export function Preferences() {
  const { t, language, choose } = useI18n();
  // The page changes its language once the words are there; the choice shows at once.
  const [chosen, setChosen] = useState(language);
  const [theme, setTheme] = useState(readTheme);
  const [shortcuts, setShortcuts] = useState(readShortcuts);
  return (
    <section className="card" aria-labelledby="preferences">
      <h2 id="preferences">{t.settings.preferences}</h2>
      <fieldset className="choices">
        <legend>{t.settings.language}</legend>
        {LANGUAGES.map((each) => (
          <label key={each} className="choice">
            <input
              type="radio"
              name="language"
              checked={chosen === each}
              onChange={() => {
                setChosen(each);
                choose(each);
              }}
            />
            <span lang={each}>{LANGUAGE_NAMES[each]}</span>
          </label>
        ))}
      </fieldset>
      <fieldset className="choices">
        <legend>{t.settings.theme}</legend>
        {THEMES.map((each: Theme) => (
          <label key={each} className="choice">
            <input
              type="radio"
              name="theme"
              checked={theme === each}
              onChange={() => {
                storeTheme(each);
                setTheme(each);
              }}
            />
            <span>{t.settings[each]}</span>
          </label>
        ))}
      </fieldset>
      <label className="choice">
        <input
          type="checkbox"
          checked={shortcuts}
          onChange={(event) => {
            storeShortcuts(event.target.checked);
            setShortcuts(event.target.checked);
          }}
        />
        <span>{t.settings.shortcuts}</span>
      </label>
    </section>
  );
}
