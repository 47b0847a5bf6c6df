/**
 * How this device shows the app. The server keeps what a person chose for all their devices (`session/profile.ts`);
 * language and theme are also in cookies, so that the server can fill them into the page before it paints.
 */

export type Language = "en" | "it";
export type Theme = "light" | "dark" | "system";

export const LANGUAGES: Language[] = ["en", "it"];
export const THEMES: Theme[] = ["light", "dark", "system"];

const YEAR_SECONDS = 365 * 24 * 3600;

export function readLanguage(): Language {
  const wanted = readCookie("flusso_lang") ?? document.documentElement.lang;
  if (readCookie("flusso_lang") === null && navigator.language.startsWith("it")) return "it";
  return LANGUAGES.find((language) => language === wanted) ?? "en";
}

export function storeLanguage(language: Language): void {
  writeCookie("flusso_lang", language);
}

export function readTheme(): Theme {
  const stored = readCookie("flusso_theme");
  return THEMES.find((theme) => theme === stored) ?? "system";
}

export function storeTheme(theme: Theme): void {
  writeCookie("flusso_theme", theme);
  document.documentElement.dataset.theme = theme;
}

export function readShortcuts(): boolean {
  return localStorage.getItem("flusso.shortcuts") !== "off";
}

export function storeShortcuts(on: boolean): void {
  localStorage.setItem("flusso.shortcuts", on ? "on" : "off");
}

const ZONE = "flusso.zone";

/** The time zone that the person chose; null is the device's own. */
export function readZone(): string | null {
  const zone = localStorage.getItem(ZONE);
  return zone && isZone(zone) ? zone : null;
}

export function storeZone(zone: string | null): void {
  if (zone === null) localStorage.removeItem(ZONE);
  else localStorage.setItem(ZONE, zone);
}

export const deviceZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The zone in which times are shown. */
export const shownZone = (): string => readZone() ?? deviceZone();

/** A server may know zones that this browser does not. */
function isZone(zone: string): boolean {
  try {
    return Intl.DateTimeFormat("en", { timeZone: zone }) !== null;
  } catch {
    return false;
  }
}

function readCookie(name: string): string | null {
  const pair = document.cookie.split("; ").find((text) => text.startsWith(`${name}=`));
  return pair ? decodeURIComponent(pair.slice(name.length + 1)) : null;
}

function writeCookie(name: string, value: string): void {
  const cookie = `${name}=${encodeURIComponent(value)}; path=/; max-age=${YEAR_SECONDS}; samesite=lax`;
  // The Cookie Store API is missing over plain HTTP, where Flusso must work as well.
  // biome-ignore lint/suspicious/noDocumentCookie: see above
  document.cookie = cookie;
}
