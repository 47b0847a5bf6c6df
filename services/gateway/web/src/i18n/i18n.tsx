/** The messages of the chosen language, and its way to write times, durations and numbers. */
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import type { Messages } from "./en.ts";
import { type Format, formatter } from "./format.ts";
import { type Language, readLanguage, readZone, storeLanguage, storeZone } from "./preferences.ts";

interface I18n {
  language: Language;
  t: Messages;
  format: Format;
  choose: (language: Language) => void;
  /** Where times are shown; null is the device's zone. */
  chooseZone: (zone: string | null) => void;
}

const I18nContext = createContext<I18n | null>(null);

const catalogues: Record<Language, () => Promise<Messages>> = {
  en: () => import("./en.ts").then((module) => module.en),
  it: () => import("./it.ts").then((module) => module.it),
};

/** Asks for the words before anything is drawn: nothing can be drawn without them. */
export function fetchWords(): void {
  void catalogues[readLanguage()]();
}

export function I18nProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState(readLanguage);
  const [zone, setZone] = useState(readZone);
  const [loaded, setLoaded] = useState<{ language: Language; t: Messages } | null>(null);
  useEffect(() => {
    let current = true;
    void catalogues[language]().then((t) => {
      if (current) setLoaded({ language, t });
      if (current) document.documentElement.lang = language;
    });
    return () => {
      current = false;
    };
  }, [language]);
  const value = useMemo(() => {
    if (!loaded) return null;
    const choose = (chosen: Language) => {
      storeLanguage(chosen);
      setLanguage(chosen);
    };
    const chooseZone = (chosen: string | null) => {
      storeZone(chosen);
      setZone(readZone());
    };
    return { ...loaded, format: formatter(loaded.language, loaded.t, zone), choose, chooseZone };
  }, [loaded, zone]);
  return value && <I18nContext value={value}>{children}</I18nContext>;
}

export function useI18n(): I18n {
  const value = useContext(I18nContext);
  if (!value) throw new Error("useI18n outside I18nProvider");
  return value;
}

export function useT(): Messages {
  return useI18n().t;
}

export function useFormat(): Format {
  return useI18n().format;
}
