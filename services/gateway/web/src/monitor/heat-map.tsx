/** When runs start: a cell for each hour of the week, darker where more do. */

import type { HourFigures } from "../gen/api.ts";
import { useI18n } from "../i18n/i18n.tsx";
import { useWidth } from "./figure.tsx";
import { shade } from "./scales.ts";

const LEFT = 44;
const ROW = 20;
const BOTTOM = 20;
const HOURS = 24;

export function HeatMap({ items, label }: { items: HourFigures[]; label: string }) {
  const { language, format } = useI18n();
  const { element, width } = useWidth();
  const cell = Math.max(0, (width - LEFT) / HOURS);
  const largest = Math.max(0, ...items.map((item) => item.started));
  const every = cell < 14 ? 6 : 3;
  return (
    <div ref={element} className="chart">
      {width > 0 && (
        <svg width={width} height={7 * ROW + BOTTOM} role="img" aria-label={label}>
          {[1, 2, 3, 4, 5, 6, 7].map((weekday) => (
            <text key={weekday} className="axis" x={0} y={(weekday - 0.5) * ROW} dy="0.32em">
              {weekdayName(weekday, language, "short")}
            </text>
          ))}
          {items.map(({ weekday, hour, started }) => (
            <rect
              key={`${weekday}-${hour}`}
              className={`heat heat-${shade(started, largest)}`}
              x={LEFT + hour * cell + 1}
              y={(weekday - 1) * ROW + 1}
              width={Math.max(1, cell - 2)}
              height={ROW - 2}
              rx={2}
            >
              <title>
                {`${weekdayName(weekday, language, "long")} ${hourName(hour)}: ${format.number(started)}`}
              </title>
            </rect>
          ))}
          {Array.from({ length: HOURS / every }, (_, place) => place * every).map((hour) => (
            <text key={hour} className="axis" x={LEFT + hour * cell} y={7 * ROW + BOTTOM - 4}>
              {hourName(hour)}
            </text>
          ))}
        </svg>
      )}
    </div>
  );
}

export function hourName(hour: number): string {
  return `${String(hour).padStart(2, "0")}:00`;
}

/** 1 is Monday: the 5th of January 1970 was one. */
export function weekdayName(weekday: number, language: string, style: "short" | "long"): string {
  const day = new Date(Date.UTC(1970, 0, 4 + weekday));
  return new Intl.DateTimeFormat(language, { weekday: style, timeZone: "UTC" }).format(day);
}
