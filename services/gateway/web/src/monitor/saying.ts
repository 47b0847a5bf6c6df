/** Numbers as charts write them, in the viewer's language and zone. */
import { useI18n } from "../i18n/i18n.tsx";
import { shownZone } from "../i18n/preferences.ts";
import { useMonitorWords } from "./words.ts";

export function useSaying() {
  const { language, format } = useI18n();
  const { w } = useMonitorWords();
  const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
  const timeZone = shownZone();
  const day = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", timeZone });
  const hour = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", timeZone });
  return {
    w,
    format,
    language,
    percent: (value: number | null) => (value === null ? w.none : percent.format(value)),
    duration: (value: number | null) => (value === null ? w.none : format.duration(value)),
    number: (value: number) => format.number(value),
    at: (time: string, bucket: "hour" | "day") =>
      (bucket === "hour" ? hour : day).format(new Date(time)),
  };
}
