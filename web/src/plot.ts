// What the charts have in common: uPlot gives axes, scales and the cursor; what
// stands in them is drawn here, so that a step is a step and its source is seen.

import uPlot from "uplot";

export type Ctx = CanvasRenderingContext2D;

export interface Colours {
  ink: string;
  muted: string;
  line: string;
  grid: string;
  import: string;
  export: string;
  plate: string;
  phases: string[];
}

export function colours(): Colours {
  const style = getComputedStyle(document.documentElement);
  const c = (name: string) => style.getPropertyValue("--" + name).trim();
  return {
    ink: c("ink"),
    muted: c("ink-2"),
    line: c("line"),
    grid: c("grid"),
    import: c("import"),
    export: c("export"),
    plate: c("plate"),
    phases: [c("l1"), c("l2"), c("l3")],
  };
}

/** Diagonal lines: samples, where a plain area is the meter's own record. */
export function hatch(colour: string): CanvasPattern | string {
  const size = Math.round(7 * devicePixelRatio);
  const tile = document.createElement("canvas");
  tile.width = tile.height = size;
  const ctx = tile.getContext("2d");
  if (!ctx) return colour;
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.4 * devicePixelRatio;
  ctx.beginPath();
  for (const d of [-size, 0, size]) {
    ctx.moveTo(d, size);
    ctx.lineTo(d + size, 0);
  }
  ctx.stroke();
  return ctx.createPattern(tile, "repeat") ?? colour;
}

export const FONT_PX = 12;

export function axisFont(): string {
  return `${FONT_PX}px ${getComputedStyle(document.body).fontFamily}`;
}

/** Runs draw() inside the plotting area. */
export function clipped(u: uPlot, draw: (ctx: Ctx) => void): void {
  const { left, top, width, height } = u.bbox;
  u.ctx.save();
  u.ctx.beginPath();
  u.ctx.rect(left, top, width, height);
  u.ctx.clip();
  draw(u.ctx);
  u.ctx.restore();
}

/** A series that only lends its values to scales and cursor. */
export const unseen: uPlot.Series = { paths: () => null, points: { show: false } };

export interface Look {
  colours: Colours;
  xValues: (u: uPlot, splits: number[]) => string[];
  yValues: (u: uPlot, splits: number[]) => string[];
  yRange: [number, number];
  ySplits: number[];
  xRange: [number, number];
  xSplits: number[];
  xGrid: boolean;
  draw: (u: uPlot) => void;
  onCursor: (u: uPlot) => void;
  time: boolean;
  series: number;
}

export function options(look: Look, width: number, height: number): uPlot.Options {
  const { colours: c } = look;
  const font = axisFont();
  return {
    width,
    height,
    padding: [12, 14, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { setScale: false, x: false, y: false } },
    scales: {
      x: { time: look.time, range: () => look.xRange },
      y: { range: () => look.yRange },
    },
    series: [{}, ...Array.from({ length: look.series }, () => unseen)],
    axes: [
      {
        stroke: c.muted,
        font,
        size: 26,
        gap: 5,
        splits: () => look.xSplits,
        values: look.xValues,
        grid: { show: look.xGrid, stroke: c.grid, width: 1 },
        ticks: { show: true, stroke: c.line, width: 1, size: 5 },
      },
      {
        stroke: c.muted,
        font,
        size: 44,
        gap: 6,
        splits: () => look.ySplits,
        values: look.yValues,
        grid: { stroke: c.grid, width: 1 },
        ticks: { show: false },
      },
    ],
    hooks: { draw: [look.draw], setCursor: [look.onCursor] },
  };
}
