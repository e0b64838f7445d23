// A chart as an element of the page: as wide as there is room, moved along with
// the arrow keys, and drawn anew when the colours change.

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { useCell } from "./cell";
import { useT } from "./i18n";
import { colours, options, type Colours, type Look } from "./plot";
import { dark } from "./theme";

export interface ChartProps {
  data: uPlot.AlignedData;
  /** Called for each change of data, colours or width. */
  look: (colours: Colours, width: number) => Omit<Look, "colours" | "onCursor">;
  /** The index into data that is pointed at; null: none. */
  onPoint: (index: number | null) => void;
  label: string;
  /** What is pointed at, in words; spoken when it was the keyboard that pointed. */
  readout: ComponentChildren;
  height: number;
  /** Changes when what look() draws changed, but not its scales. */
  stamp?: number;
}

export function Chart({ data, look, onPoint, label, readout, height, stamp }: ChartProps) {
  const t = useT();
  const isDark = useCell(dark);
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>();
  const live = useRef<HTMLDivElement>(null);
  const point = useRef(onPoint);
  point.current = onPoint;

  const draw = () => {
    const el = box.current;
    if (!el || el.clientWidth < 60) return;
    const at = plot.current?.cursor.idx ?? null;
    plot.current?.destroy();
    const c = colours();
    const onCursor = (u: uPlot) => point.current(u.cursor.idx ?? null);
    const u = new uPlot(options({ ...look(c, el.clientWidth), colours: c, onCursor }, el.clientWidth, height), data, el);
    plot.current = u;
    if (at !== null) pointAt(at);
  };

  const pointAt = (index: number | null) => {
    const u = plot.current;
    const x = index === null ? undefined : u?.data[0][index];
    if (!u || x === undefined) return;
    u.setCursor({ left: u.valToPos(x, "x"), top: 0 });
  };

  useEffect(draw, [data, look, isDark, height]);
  useEffect(() => plot.current?.redraw(false, false), [stamp]);
  useEffect(() => {
    let width = box.current?.clientWidth;
    const observer = new ResizeObserver(() => {
      if (box.current && box.current.clientWidth !== width) {
        width = box.current.clientWidth;
        redraw.current();
      }
    });
    if (box.current) observer.observe(box.current);
    return () => {
      observer.disconnect();
      plot.current?.destroy();
    };
  }, []);
  const redraw = useRef(draw);
  redraw.current = draw;

  const onKeyDown = (e: KeyboardEvent) => {
    const u = plot.current;
    if (!u) return;
    const last = u.data[0].length - 1;
    const now = u.cursor.idx;
    const to = {
      ArrowLeft: now == null ? last : Math.max(0, now - 1),
      ArrowRight: now == null ? 0 : Math.min(last, now + 1),
      Home: 0,
      End: last,
    }[e.key];
    if (e.key === "Escape") u.setCursor({ left: -10, top: -10 });
    if (to === undefined) return;
    e.preventDefault();
    live.current?.setAttribute("aria-live", "polite");
    pointAt(to);
  };

  return (
    <div class="chart">
      <div
        class="chart-box"
        ref={box}
        tabIndex={0}
        role="img"
        aria-label={`${label}. ${t("chart_keys")}`}
        onKeyDown={onKeyDown}
        onPointerMove={() => live.current?.removeAttribute("aria-live")}
        onBlur={() => plot.current?.setCursor({ left: -10, top: -10 })}
      />
      <div class="readout" ref={live}>
        {readout}
      </div>
    </div>
  );
}
