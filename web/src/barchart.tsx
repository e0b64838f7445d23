// Energies of days or months: import upwards, export downwards.

import type { ComponentChildren } from "preact";
import { useMemo, useState } from "preact/hooks";
import type uPlot from "uplot";
import { Chart } from "./chart";
import { niceCeil, ticks, type Bar } from "./energy";
import * as format from "./format";
import { useT } from "./i18n";
import { clipped, hatch, type Colours } from "./plot";
import { Arrow } from "./parts";

export interface BarChartProps {
  bars: Bar[];
  label: string;
  /** Under the bar, and in full. */
  short: (bar: Bar, index: number) => string;
  long: (bar: Bar) => string;
  height: number;
}

function drawBars(u: uPlot, c: Colours, bars: Bar[]): void {
  const dpr = devicePixelRatio;
  clipped(u, (ctx) => {
    const zero = Math.round(u.valToPos(0, "y", true));
    const room = u.valToPos(1, "x", true) - u.valToPos(0, "x", true);
    const width = Math.max(2 * dpr, Math.round(room * 0.62));
    const hatches = { import: hatch(c.import), export: hatch(c.export) };
    bars.forEach((bar, i) => {
      const x = Math.round(u.valToPos(i, "x", true) - width / 2);
      for (const way of ["import", "export"] as const) {
        const wh = way === "import" ? bar.importWh : bar.exportWh;
        if (!wh) continue;
        const y = u.valToPos(way === "import" ? wh : -wh, "y", true);
        const top = Math.min(y, zero);
        const tall = Math.max(dpr, Math.abs(zero - y));
        const sampled = bar.source === "sample";
        ctx.globalAlpha = sampled ? 0.5 : 0.78;
        ctx.fillStyle = sampled ? hatches[way] : c[way];
        ctx.fillRect(x, top, width, tall);
        ctx.globalAlpha = 1;
        ctx.strokeStyle = c[way];
        ctx.lineWidth = dpr;
        ctx.setLineDash(bar.since === undefined ? [] : [3 * dpr, 3 * dpr]);
        ctx.strokeRect(x, top, width, tall);
        ctx.setLineDash([]);
      }
      if (bar.importWh === null && bar.from * 1000 < Date.now()) {
        ctx.fillStyle = c.muted;
        ctx.fillRect(u.valToPos(i, "x", true) - 1.5 * dpr, zero - 1.5 * dpr, 3 * dpr, 3 * dpr);
      }
    });
    ctx.strokeStyle = c.ink;
    ctx.lineWidth = dpr;
    ctx.beginPath();
    ctx.moveTo(u.bbox.left, zero);
    ctx.lineTo(u.bbox.left + u.bbox.width, zero);
    ctx.stroke();
  });
}

export function BarChart({ bars, label, short, long, height }: BarChartProps) {
  const t = useT();
  const [index, setIndex] = useState<number | null>(null);
  const { data, look } = useMemo(() => {
    const high = Math.max(0, ...bars.map((b) => b.importWh ?? 0));
    const low = -Math.max(0, ...bars.map((b) => b.exportWh ?? 0));
    const splits = ticks(low * 1.02, (high || niceCeil(1000)) * 1.02, Math.max(3, Math.round(height / 40)));
    const step = splits.length > 1 ? splits[1]! - splits[0]! : 1000;
    const decimals = step >= 1000 ? 0 : step >= 100 ? 1 : 2;
    const pad = (high - low || 1000) * 0.05;
    const data: uPlot.AlignedData = [
      bars.map((_, i) => i),
      bars.map((b) => b.importWh),
      bars.map((b) => (b.exportWh === null ? null : -b.exportWh)),
    ];
    const look = (c: Colours, width: number) => {
      const every = Math.max(1, Math.ceil((bars.length * 26) / (width - 60)));
      return {
        time: false,
        xRange: [-0.6, bars.length - 0.4] as [number, number],
        yRange: [low - (low < 0 ? pad : 0), (high || 1000) + pad] as [number, number],
        xSplits: bars.map((_, i) => i).filter((i) => i % every === 0),
        ySplits: splits,
        xGrid: false,
        xValues: (_: uPlot, at: number[]) => at.map((i) => short(bars[i]!, i)),
        yValues: (_: uPlot, at: number[]) => at.map((wh) => format.num(Math.abs(wh) / 1000, decimals)),
        series: 2,
        draw: (u: uPlot) => drawBars(u, c, bars),
      };
    };
    return { data, look };
  }, [bars, height]);

  const bar = index === null ? undefined : bars[index];
  let readout: ComponentChildren = label;
  if (bar)
    readout = (
      <>
        <b>{long(bar)}</b>
        <Amounts bar={bar} />
      </>
    );
  return <Chart data={data} look={look} height={height} onPoint={setIndex} readout={readout} label={label || t("energy")} />;
}

function Amounts({ bar }: { bar: Bar }) {
  const t = useT();
  if (bar.importWh === null) return <span>{t("no_data")}</span>;
  return (
    <>
      <span class="watts import">
        <Arrow way="import" />
        <span class="num">
          {t("import")} {format.join(format.energy(bar.importWh))}
        </span>
      </span>
      {bar.exportWh !== null && (
        <span class="watts export">
          <Arrow way="export" />
          <span class="num">
            {t("export")} {format.join(format.energy(bar.exportWh))}
          </span>
        </span>
      )}
      {bar.since !== undefined && <small>{t("since", { date: format.dayShort(bar.since) })}</small>}
      {bar.source === "sample" && <small>{t("from_samples")}</small>}
    </>
  );
}
