// A day's power, quarter by quarter, against that of another day.

import type { ComponentChildren } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import type uPlot from "uplot";
import { Chart } from "./chart";
import { moved, sideBySide } from "./days";
import { ticks, type Step } from "./energy";
import * as format from "./format";
import { useT } from "./i18n";
import { clipped, hatch, type Colours, type Ctx } from "./plot";
import { dayStart, hourTicks } from "./time";
import { Watts } from "./parts";

export interface DayChartProps {
  day: number;
  steps: Step[];
  before: Step[];
  beforeName: string;
  name: string;
  /** The power now, at its moment; only of today. */
  now?: { t: number; w: number };
  height: number;
}

function outline(u: uPlot, ctx: Ctx, steps: Step[]): void {
  ctx.beginPath();
  let end = NaN;
  for (const s of steps) {
    const x = u.valToPos(s.from, "x", true);
    const y = u.valToPos(s.w, "y", true);
    if (s.from === end) ctx.lineTo(x, y);
    else ctx.moveTo(x, y);
    ctx.lineTo(u.valToPos(s.to, "x", true), y);
    end = s.to;
  }
  ctx.stroke();
}

function drawDay(u: uPlot, c: Colours, p: Pick<DayChartProps, "steps" | "before" | "now">): void {
  const dpr = devicePixelRatio;
  clipped(u, (ctx) => {
    const zero = u.valToPos(0, "y", true);
    const hatches = { import: hatch(c.import), export: hatch(c.export) };
    for (const s of p.steps) {
      const x = u.valToPos(s.from, "x", true);
      const width = u.valToPos(s.to, "x", true) - x;
      const y = u.valToPos(s.w, "y", true);
      const way = s.w >= 0 ? "import" : "export";
      ctx.globalAlpha = s.source === "meter" ? 0.28 : 0.5;
      ctx.fillStyle = s.source === "meter" ? c[way] : hatches[way];
      ctx.fillRect(x, Math.min(y, zero), width, Math.abs(zero - y));
    }
    ctx.globalAlpha = 1;
    ctx.lineJoin = "round";
    ctx.strokeStyle = c.muted;
    ctx.lineWidth = 1.5 * dpr;
    ctx.setLineDash([5 * dpr, 4 * dpr]);
    outline(u, ctx, p.before);
    ctx.setLineDash([]);
    for (const way of ["import", "export"] as const) {
      ctx.strokeStyle = c[way];
      ctx.lineWidth = 2 * dpr;
      ctx.save();
      ctx.beginPath();
      const { left, top, width, height } = u.bbox;
      if (way === "import") ctx.rect(left, top, width, zero - top + dpr);
      else ctx.rect(left, zero + dpr, width, top + height - zero);
      ctx.clip();
      outline(u, ctx, p.steps);
      ctx.restore();
    }
    ctx.strokeStyle = c.ink;
    ctx.lineWidth = dpr;
    ctx.beginPath();
    ctx.moveTo(u.bbox.left, zero);
    ctx.lineTo(u.bbox.left + u.bbox.width, zero);
    ctx.stroke();
    if (p.now) {
      const x = u.valToPos(p.now.t, "x", true);
      const y = u.valToPos(p.now.w, "y", true);
      ctx.lineWidth = 2 * dpr;
      ctx.strokeStyle = c.plate;
      ctx.fillStyle = p.now.w >= 0 ? c.import : c.export;
      ctx.beginPath();
      ctx.arc(x, y, 5 * dpr, 0, 2 * Math.PI);
      ctx.fill();
      ctx.stroke();
    }
  });
}

export function DayChart(props: DayChartProps) {
  const { day, steps, before, beforeName, name, now, height } = props;
  const t = useT();
  const [index, setIndex] = useState<number | null>(null);

  const low = Math.min(...steps.map((s) => s.w));
  const high = Math.max(...steps.map((s) => s.w));
  // The dot moves with each reading; all else only if it leaves the scale.
  const dot = useRef(now);
  dot.current = now;
  const reach = now && !(now.w >= low && now.w <= high) ? Math.round(now.w / 250) : 0;
  const { data, look, rows } = useMemo(() => {
    const shifted = moved(before, day);
    const rows = sideBySide(steps, shifted);
    const data: uPlot.AlignedData = [
      // The cursor snaps to the middle of a quarter.
      rows.map((r) => (r.from + r.to) / 2),
      rows.map((r) => r.own?.w ?? null),
      rows.map((r) => r.other?.w ?? null),
    ];
    const all = [...steps, ...shifted].map((s) => s.w).concat(now ? [now.w] : []);
    const low = Math.min(0, ...all);
    const high = Math.max(low < -50 ? 0 : 100, ...all);
    const splits = ticks(low * 1.05, high * 1.08, Math.max(3, Math.round(height / 44)));
    const pad = (high - low) * 0.06;
    const step = splits.length > 1 ? splits[1]! - splits[0]! : 1000;
    const decimals = step >= 1000 ? 0 : step >= 100 ? 1 : 2;
    const look = (c: Colours, width: number) => {
      const hours = hourTicks(day, width < 420 ? 6 : 3);
      return {
        time: true,
        xRange: [day, dayStart(day, 1)] as [number, number],
        yRange: [Math.min(low - (low < 0 ? pad : 0), splits[0] ?? 0), Math.max(high + pad, splits.at(-1) ?? 0)] as [
          number,
          number,
        ],
        xSplits: hours,
        ySplits: splits,
        xGrid: true,
        xValues: (_: uPlot, at: number[]) => at.map((s, i) => (i === at.length - 1 ? "24" : format.clock(s).slice(0, 2))),
        yValues: (_: uPlot, at: number[]) => at.map((w) => format.num(w / 1000, decimals)),
        series: 2,
        draw: (u: uPlot) => drawDay(u, c, { steps, before: shifted, now: dot.current }),
      };
    };
    return { data, look, rows };
  }, [day, steps, before, reach, height]);

  const row = index === null ? undefined : rows[index];
  let readout: ComponentChildren = t("mean_power");
  if (row)
    readout = (
      <>
        <b>
          {format.clock(row.from)}–{format.clock(row.to)}
        </b>
        {row.own && (
          <span>
            {name} <Watts w={row.own.w} />
            {row.own.source === "sample" && <small> {t("from_samples")}</small>}
          </span>
        )}
        {row.other && (
          <span>
            {beforeName} <Watts w={row.other.w} />
          </span>
        )}
      </>
    );

  return (
    <Chart
      data={data}
      look={look}
      height={height}
      onPoint={setIndex}
      readout={readout}
      stamp={now?.t}
      label={
        steps.length > 0
          ? t("curve_label", { min: format.join(format.power(low)), max: format.join(format.power(high)) })
          : t("power")
      }
    />
  );
}
