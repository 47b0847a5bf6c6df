/** Charts over time: bars in layers, or lines. Drawn as SVG in pixels, in the colours of the theme. */
import type { ReactNode } from "react";
import { useWidth } from "./figure.tsx";
import { labelled, niceTicks, segments } from "./scales.ts";

const HEIGHT = 200;
const LEFT = 56;
const RIGHT = 8;
const TOP = 8;
const BOTTOM = 24;
/** A label of the time axis needs this much room. */
const LABEL_WIDTH = 64;
const BAR_GAP = 0.2;

export interface Layer {
  name: string;
  tone: string;
  values: (number | null)[];
}

interface TimeChartProps {
  kind: "bars" | "lines";
  /** What the whole drawing says, in a sentence. */
  label: string;
  /** The name of each place on the time axis. */
  times: string[];
  layers: Layer[];
  /** How values are written. */
  say: (value: number) => string;
  ticks?: number[];
}

export function TimeChart({ kind, label, times, layers, say, ticks }: TimeChartProps) {
  const { element, width } = useWidth();
  const marks = ticks ?? niceTicks(largestOf(kind, layers));
  const top = marks.at(-1) ?? 1;
  const inner = Math.max(0, width - LEFT - RIGHT);
  const y = (value: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - Math.min(1, value / top));
  const slot = times.length > 0 ? inner / times.length : 0;
  const x = (place: number) => LEFT + slot * place;
  return (
    <>
      <Legend layers={layers} kind={kind} />
      <div ref={element} className="chart">
        {width > 0 && (
          <svg width={width} height={HEIGHT} role="img" aria-label={label}>
            {marks.map((mark) => (
              <g key={mark}>
                <line
                  className="grid-line"
                  x1={LEFT}
                  x2={width - RIGHT}
                  y1={y(mark)}
                  y2={y(mark)}
                />
                <text className="axis" x={LEFT - 8} y={y(mark)} textAnchor="end" dy="0.32em">
                  {say(mark)}
                </text>
              </g>
            ))}
            {kind === "bars" ? (
              <Bars layers={layers} x={x} y={y} slot={slot} />
            ) : (
              <Lines layers={layers} x={(place) => x(place) + slot / 2} y={y} />
            )}
            {labelled(times.length, Math.floor(inner / LABEL_WIDTH)).map((place) => (
              <text
                key={place}
                className="axis"
                x={Math.min(x(place) + slot / 2, width - LABEL_WIDTH / 2)}
                y={HEIGHT - 6}
                textAnchor="middle"
              >
                {times[place]}
              </text>
            ))}
            {times.map((time, place) => (
              <rect
                key={time}
                className="hover-slot"
                x={x(place)}
                y={TOP}
                width={slot}
                height={HEIGHT - TOP - BOTTOM}
              >
                <title>{summary(time, layers, place, say)}</title>
              </rect>
            ))}
          </svg>
        )}
      </div>
    </>
  );
}

function largestOf(kind: string, layers: Layer[]): number {
  const places = layers[0]?.values.length ?? 0;
  const heights = Array.from({ length: places }, (_, place) => {
    const values = layers.map((layer) => layer.values[place] ?? 0);
    return kind === "bars" ? values.reduce((sum, value) => sum + value, 0) : Math.max(...values);
  });
  return Math.max(0, ...heights);
}

function summary(time: string, layers: Layer[], place: number, say: (value: number) => string) {
  const parts = layers.flatMap(({ name, values }) => {
    const value = values[place];
    return value === null || value === undefined ? [] : [`${name}: ${say(value)}`];
  });
  return [time, ...parts].join("\n");
}

interface MarksProps {
  layers: Layer[];
  x: (place: number) => number;
  y: (value: number) => number;
}

function Bars({ layers, x, y, slot }: MarksProps & { slot: number }): ReactNode {
  const base: number[] = [];
  return layers.map((layer) => (
    <g key={layer.name} className={`fill-${layer.tone}`}>
      {layer.values.map((value, place) => {
        if (!value) return null;
        const below = base[place] ?? 0;
        base[place] = below + value;
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place in time
            key={place}
            x={x(place) + (slot * BAR_GAP) / 2}
            width={Math.max(1, slot * (1 - BAR_GAP))}
            y={y(below + value)}
            height={Math.max(1, y(below) - y(below + value))}
          />
        );
      })}
    </g>
  ));
}

function Lines({ layers, x, y }: MarksProps): ReactNode {
  return layers.map((layer, index) => (
    <g key={layer.name} className={`line-${layer.tone}`}>
      {segments(layer.values).map((points) => (
        <polyline
          key={points[0]?.[0]}
          className={index % 2 === 1 ? "dashed" : undefined}
          points={points.map(([place, value]) => `${x(place)},${y(value)}`).join(" ")}
        />
      ))}
      {layer.values.map((value, place) =>
        value === null ? null : (
          // biome-ignore lint/suspicious/noArrayIndexKey: a point is its place in time
          <circle key={place} cx={x(place)} cy={y(value)} r={2.5} />
        ),
      )}
    </g>
  ));
}

function Legend({ layers, kind }: { layers: Layer[]; kind: string }) {
  if (layers.length < 2) return null;
  return (
    <ul className="plain legend" aria-hidden="true">
      {layers.map((layer, index) => (
        <li key={layer.name}>
          <svg
            width="16"
            height="12"
            aria-hidden="true"
            className={`fill-${layer.tone} line-${layer.tone}`}
          >
            {kind === "bars" ? (
              <rect width="12" height="12" rx="2" />
            ) : (
              <polyline points="0,6 16,6" className={index % 2 === 1 ? "dashed" : undefined} />
            )}
          </svg>
          {layer.name}
        </li>
      ))}
    </ul>
  );
}
