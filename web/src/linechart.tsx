// Voltages or currents of a day, a line for each phase.

import type { ComponentChildren } from "preact";
import { useMemo, useState } from "preact/hooks";
import type uPlot from "uplot";
import type { Series } from "./api";
import { Chart } from "./chart";
import { ticks } from "./energy";
import * as format from "./format";
import { clipped, type Colours } from "./plot";
import { Num } from "./parts";
import { dayStart, hourTicks } from "./time";

/** Told apart without colour too. */
export const DASHES = [[], [7, 3], [2, 3]];

export function LineChart(props: { day: number; series: Series[]; label: string; note: string; step: number; height: number }) {
  const { day, series, label, note, step, height } = props;
  const [index, setIndex] = useState<number | null>(null);
  const { data, look, times } = useMemo(() => {
    const times = [...new Set(series.flatMap((s) => s.points.map((p) => p![0])))].sort((a, b) => a - b);
    const columns = series.map((s) => {
      const at = new Map(s.points.map((p) => [p![0], p![1]]));
      return times.map((time) => at.get(time) ?? null);
    });
    const values = columns.flat().filter((v): v is number => v !== null);
    const low = Math.min(...values);
    const high = Math.max(...values);
    const pad = Math.max((high - low) * 0.08, 100);
    const splits = ticks(low - pad, high + pad, Math.max(3, Math.round(height / 40)));
    const between = splits.length > 1 ? splits[1]! - splits[0]! : 1000;
    const decimals = between >= 1000 ? 0 : between >= 100 ? 1 : 2;
    const draw = (u: uPlot, c: Colours) =>
      clipped(u, (ctx) => {
        columns.forEach((column, n) => {
          ctx.strokeStyle = c.phases[n] ?? c.ink;
          ctx.lineWidth = 1.6 * devicePixelRatio;
          ctx.setLineDash(DASHES[n]!.map((d) => d * devicePixelRatio));
          ctx.beginPath();
          let last = NaN;
          column.forEach((v, i) => {
            if (v === null) return;
            const x = u.valToPos(times[i]! + step / 2, "x", true);
            const y = u.valToPos(v, "y", true);
            if (times[i]! - last <= step * 1.5) ctx.lineTo(x, y);
            else ctx.moveTo(x, y);
            last = times[i]!;
          });
          ctx.stroke();
        });
        ctx.setLineDash([]);
      });
    const look = (c: Colours, width: number) => ({
      time: true,
      xRange: [day, dayStart(day, 1)] as [number, number],
      yRange: [low - pad, high + pad] as [number, number],
      xSplits: hourTicks(day, width < 420 ? 6 : 3),
      ySplits: splits,
      xGrid: true,
      xValues: (_: uPlot, at: number[]) => at.map((s, i) => (i === at.length - 1 ? "24" : format.clock(s).slice(0, 2))),
      yValues: (_: uPlot, at: number[]) => at.map((v) => format.num(v / 1000, decimals)),
      series: columns.length,
      draw: (u: uPlot) => draw(u, c),
    });
    const data = [times.map((time) => time + step / 2), ...columns] as uPlot.AlignedData;
    return { data, look, times };
  }, [day, series, step, height]);

  let readout: ComponentChildren = note;
  if (index !== null && times[index] !== undefined)
    readout = (
      <>
        <b>{format.clock(times[index]!)}</b>
        {series.map((s) => {
          const p = s.points.find((point) => point![0] === times[index]);
          return (
            <span>
              {phaseOf(s.name)} {p ? <Num q={format.measured(s.name, p[1])} /> : format.NONE}
            </span>
          );
        })}
      </>
    );
  return <Chart data={data} look={look} height={height} onPoint={setIndex} readout={readout} label={label} />;
}

/** "voltage_l1_mv" -> "L1" */
export const phaseOf = (name: string) => (/_(l\d)_/.exec(name)?.[1] ?? "").toUpperCase();
