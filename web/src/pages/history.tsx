import { useMemo } from "preact/hooks";
import type { Series } from "../api";
import { BarChart } from "../barchart";
import { useCell } from "../cell";
import { DayChart } from "../daychart";
import { DayTable } from "../daytable";
import { cost, hasTariff, sum, type Bar } from "../energy";
import * as format from "../format";
import { useT, type Key } from "../i18n";
import { LineChart, phaseOf } from "../linechart";
import { dayMeans, dayPowers, dayTotal, energyBars, EXPORT, nowSeconds, totalsOf } from "../load";
import { Arrow, Facts, Failure, HistoryNote, Num, Section, useLoaded } from "../parts";
import { href, route } from "../route";
import * as state from "../state";
import { dateOf, dayStart, spanName, spanOf, spanStart, type Span } from "../time";

const SPANS: Span[] = ["day", "month", "year"];
const FIELD = { day: "date", month: "month", year: "number" } as const;
const TITLE = { day: format.dayText, month: format.monthText, year: format.yearText };

function Picker({ span, t0 }: { span: Span; t0: number }) {
  const t = useT();
  const now = nowSeconds();
  const before = spanStart(span, t0, -1);
  const after = spanStart(span, t0, 1);
  const pick = (value: string) => {
    const at = spanOf(span, value);
    if (at !== undefined && at <= now) location.hash = href("history", [span, value]);
  };
  return (
    <div class="picker">
      <div class="tabs" role="group" aria-label={t("period")}>
        {SPANS.map((s) => (
          <a key={s} href={href("history", [s, spanName(s, Math.min(t0, now))])} aria-current={s === span ? "true" : undefined}>
            {t(s)}
          </a>
        ))}
      </div>
      <div class="steps">
        <a class="button" href={href("history", [span, spanName(span, before)])} aria-label={t("previous")}>
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d="M10 3 5 8l5 5" />
          </svg>
        </a>
          <input
            aria-label={t("pick_date")}
            type={FIELD[span]}
            value={spanName(span, t0)}
            min={span === "year" ? "2000" : undefined}
            max={spanName(span, now)}
            onChange={(e) => pick(e.currentTarget.value)}
          />
        <a
          class="button"
          href={after <= now ? href("history", [span, spanName(span, after)]) : undefined}
          aria-disabled={after > now}
          role={after > now ? "link" : undefined}
          aria-label={t("next")}
        >
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d="m6 3 5 5-5 5" />
          </svg>
        </a>
      </div>
    </div>
  );
}

function Sums({ energies, months, canExport }: { energies: Bar[]; months: number; canExport: boolean }) {
  const t = useT();
  const ui = useCell(state.ui);
  const total = { importWh: sum(energies.map((b) => b.importWh)), exportWh: sum(energies.map((b) => b.exportWh)) };
  const rows: [preact.ComponentChildren, preact.ComponentChildren][] = [];
  const kwh = (wh: number | null) => (wh === null ? format.NONE : <Num q={format.energy(wh)} />);
  const name = (way: "import" | "export") => (
    <>
      <Arrow way={way} /> {t(way)}
    </>
  );
  rows.push([name("import"), kwh(total.importWh)]);
  if (canExport) rows.push([name("export"), kwh(total.exportWh)]);
  if (ui && hasTariff(ui)) {
    const price = cost(total, ui, months);
    rows.push([t("net_cost"), <span class="num">{price === null ? format.NONE : format.money(price, ui.currency)}</span>]);
  }
  return <Facts rows={rows} />;
}

function Bars({ span, t0, meter, names }: { span: "month" | "year"; t0: number; meter?: string; names: string }) {
  const t = useT();
  const news = useCell(state.historyNews);
  const loaded = useLoaded((signal) => energyBars(meter, names, span, t0, signal), [meter, names, span, t0, news]);
  const list = useMemo(() => loaded.value ?? [], [loaded.value]);
  const known = list.filter((b) => b.importWh !== null);
  const ui = useCell(state.ui);
  const canExport = names.includes(EXPORT);
  const day = (b: Bar) => String(dateOf(b.from).getDate());
  const long = span === "month" ? (b: Bar) => format.dayText(b.from) : (b: Bar) => format.monthText(b.from);
  const months = span === "month" ? 1 : known.length;
  const tariff = ui && hasTariff(ui) ? ui : undefined;
  return (
    <>
      <Failure error={loaded.error} again={loaded.again} />
      {known.length > 0 ? (
        <>
          <Sums energies={list} months={months} canExport={canExport} />
          <BarChart
            bars={list}
            label={t("energy_bars", { what: t(span === "month" ? "by_day" : "by_month") }) + ", kWh"}
            short={span === "month" ? day : (b) => format.monthShort(b.from)}
            long={long}
            height={320}
          />
          <details class="as-table">
            <summary>{t("as_table")}</summary>
            <div class="scroll" tabIndex={0} role="region" aria-label={t("as_table")}>
              <table class="data">
                <thead>
                  <tr>
                    <th scope="col">{t(span === "month" ? "day" : "month")}</th>
                    <th scope="col">{t("import")}</th>
                    {canExport && <th scope="col">{t("export")}</th>}
                    {tariff && <th scope="col">{t("net_cost")}</th>}
                    <th scope="col">{t("source")}</th>
                  </tr>
                </thead>
                <tbody>
                  {known.map((b) => (
                    <tr key={b.from}>
                      <th scope="row">
                        {long(b)}
                        {b.since !== undefined && <small> {t("since", { date: format.dayShort(b.since) })}</small>}
                      </th>
                      <td>
                        <Num q={format.energy(b.importWh!)} />
                      </td>
                      {canExport && <td>{b.exportWh === null ? format.NONE : <Num q={format.energy(b.exportWh)} />}</td>}
                      {tariff && (
                        <td class="num">{format.money(cost(b, tariff, span === "year" ? 1 : 0) ?? 0, tariff.currency)}</td>
                      )}
                      <td>{t(b.source === "meter" ? "source_meter" : "source_sample")}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </details>
        </>
      ) : (
        !loaded.error && <p class="empty">{loaded.loading ? t("loading") : t("no_history")}</p>
      )}
    </>
  );
}

const SHOWN: { title: Key; pattern: RegExp }[] = [
  { title: "voltages", pattern: /^voltage_l\d_mv$/ },
  { title: "currents", pattern: /^current_l\d_ma$/ },
];
const MEAN_STEP = 300;

function Means({ title, series, day }: { title: Key; series: Series[]; day: number }) {
  const t = useT();
  if (series.length === 0) return null;
  const unit = format.measured(series[0]!.name, 0).unit;
  return (
    <Section
      title={`${t(title)}, ${unit}`}
      id={title}
      aside={
        <ul class="legend">
          {series.map((s, i) => (
            <li key={s.name}>
              <i class={`key-line key-l${i + 1}`} /> {phaseOf(s.name)}
            </li>
          ))}
        </ul>
      }
    >
      <LineChart day={day} series={series} label={t(title)} note={t("from_sampled")} step={MEAN_STEP} height={200} />
    </Section>
  );
}

function Day({ t0, meter, names }: { t0: number; meter?: string; names: string }) {
  const t = useT();
  const news = useCell(state.historyNews);
  const info = useCell(state.info);
  const own = useLoaded((signal) => dayPowers(meter, names, t0, signal), [meter, names, t0, news]);
  const before = useLoaded((signal) => dayPowers(meter, names, dayStart(t0, -1), signal), [meter, names, t0, news]);
  const has = info?.values?.map((v) => v.name) ?? [];
  const wanted = SHOWN.map((s) => has.filter((name) => s.pattern.test(name)));
  const means = useLoaded(
    (signal) =>
      Promise.all(wanted.map((w) => (w.length > 0 ? dayMeans(meter, w, t0, MEAN_STEP, signal) : Promise.resolve([])))),
    [meter, wanted.join(), t0, news],
  );
  const total = useLoaded((signal) => dayTotal(meter, names, t0, signal), [meter, names, t0, news]);
  const steps = useMemo(() => own.value ?? [], [own.value]);
  const other = useMemo(() => before.value ?? [], [before.value]);
  const names2 = { name: format.dayShort(t0), beforeName: format.dayShort(dayStart(t0, -1)) };
  return (
    <>
      <Section
        title={format.dayText(t0)}
        id="day"
        aside={
          <ul class="legend">
            <li>
              <i class="key-today" /> {t("from_meter")}
            </li>
            <li>
              <i class="key-sample" /> {t("from_samples")}
            </li>
            <li>
              <i class="key-before" /> {names2.beforeName}
            </li>
          </ul>
        }
      >
        <Failure error={own.error ?? before.error} again={() => (own.again(), before.again())} />
        {steps.length > 0 ? (
          <>
            <Sums energies={total.value ?? []} months={0} canExport={names.includes(EXPORT)} />
            <DayChart day={t0} steps={steps} before={other} {...names2} height={300} />
            <DayTable steps={steps} before={other} day={t0} {...names2} />
          </>
        ) : (
          !own.error && <p class="empty">{own.loading ? t("loading") : t("no_history")}</p>
        )}
      </Section>
      {means.value?.map((series, i) => <Means key={SHOWN[i]!.title} title={SHOWN[i]!.title} series={series} day={t0} />)}
    </>
  );
}

export function History() {
  const { rest, meter } = useCell(route);
  const info = useCell(state.info);
  const span = SPANS.find((s) => s === rest[0]) ?? "day";
  const t0 = (rest[1] && spanOf(span, rest[1])) || spanStart(span, nowSeconds());
  const names = totalsOf(info);
  return (
    <>
      <Picker span={span} t0={t0} />
      <HistoryNote />
      {span === "day" ? (
        <Day key={t0} t0={t0} meter={meter} names={names} />
      ) : (
        <Section title={TITLE[span](t0)} id="bars">
          <Bars key={`${span} ${t0}`} span={span} t0={t0} meter={meter} names={names} />
        </Section>
      )}
    </>
  );
}
