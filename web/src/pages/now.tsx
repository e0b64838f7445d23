import { useEffect, useMemo, useState } from "preact/hooks";
import type { Reading } from "../api";
import { useCell } from "../cell";
import { DayChart } from "../daychart";
import { DayTable } from "../daytable";
import { netPower, number, phasesOf } from "../reading";
import { cost, hasTariff, niceCeil, type Energy, type Step, type Total } from "../energy";
import * as format from "../format";
import { useT, type Key } from "../i18n";
import { EXPORT, IMPORT, dayPowers, nowSeconds, starts, totalsNow, totalsOf, type Starts } from "../load";
import { Arrow, Facts, Failure, HistoryNote, Num, Section, useLoaded, useMedia, useTick, wayOf, Watts } from "../parts";
import { route } from "../route";
import * as state from "../state";
import { dateOf, dayStart, QUARTER } from "../time";

function Age({ received, stale }: { received: state.Received | undefined; stale: boolean }) {
  const t = useT();
  useTick(stale ? 1000 : 200);
  const ms = state.ageOf(received);
  if (ms === undefined) return null;
  const age = format.age(ms);
  const time = format.moment(received!.at, Date.now() / 1000);
  return (
    <p class="age">
      {stale ? (
        <>
          <strong class="old-mark">{t("stale")}</strong> {t("last_value", { time, age })}
        </>
      ) : (
        t("measured_ago", { age })
      )}
    </p>
  );
}

/** From export on the left to import on the right, zero between them. */
function Scale({ w, min, max }: { w: number; min: number; max: number }) {
  const t = useT();
  const at = (value: number) => ((value - min) / (max - min)) * 100;
  const marks = min < 0 ? [min, min / 2, 0, max / 2, max] : [0, max / 2, max];
  const from = Math.min(at(0), at(w));
  const kw = (value: number) => (value === 0 ? "0" : format.num(value / 1000, max < 2000 ? 2 : max < 10000 ? 1 : 0));
  return (
    <div
      class="scale"
      role="img"
      aria-label={t("scale_label", {
        power: format.join(format.power(w)),
        min: format.join(format.power(min)),
        max: format.join(format.power(max)),
      })}
    >
      <div class="scale-bar">
        <div class={"scale-fill " + wayOf(w)} style={{ left: `${from}%`, width: `${Math.abs(at(w) - at(0))}%` }} />
        <div class="scale-zero" style={{ left: `${at(0)}%` }} />
        <div class="scale-needle" style={{ left: `${at(w)}%` }} />
      </div>
      <div class="scale-marks" aria-hidden="true">
        {marks.map((m) => (
          <span key={m} style={{ left: `${at(m)}%` }}>
            {kw(m)}
            {m === max && "\u00a0kW"}
          </span>
        ))}
      </div>
    </div>
  );
}

function Headline({ reading, stale, steps, canExport }: { reading: Reading; stale: boolean; steps: Step[]; canExport: boolean }) {
  const t = useT();
  const received = useCell(state.latest);
  const w = netPower(reading);
  // As wide as today was, and not narrower again for a while.
  const [reach, setReach] = useState({ min: 0, max: 0 });
  const lowest = Math.min(0, w ?? 0, reach.min, ...steps.map((s) => s.w));
  const highest = Math.max(0, w ?? 0, reach.max, ...steps.map((s) => s.w));
  useEffect(() => setReach({ min: lowest, max: highest }), [lowest, highest]);
  const max = niceCeil(Math.max(1000, highest, -lowest));
  const min = canExport ? -max : 0;

  const way = wayOf(w ?? 0);
  const words: Record<typeof way, Key> = { import: "importing", export: "exporting", idle: "idle" };
  const shown = w === undefined ? undefined : format.power(w);
  return (
    <div class="headline">
      <p class={"direction " + way}>
        <Arrow way={way} /> {t(words[way])}
      </p>
      <p class="big" data-testid="power">
        {shown ? (
          <>
            <span class="big-number num">{shown.value}</span>
            <span class="big-unit">{shown.unit}</span>
          </>
        ) : (
          format.NONE
        )}
      </p>
      <Age received={received} stale={stale} />
      {w !== undefined && <Scale w={w} min={min} max={max} />}
    </div>
  );
}

function Phases({ reading }: { reading: Reading }) {
  const t = useT();
  const there = phasesOf(reading);
  const watts = there.map((p) => netPower(reading, p));
  const most = niceCeil(Math.max(500, ...watts.map((w) => Math.abs(w ?? 0))));
  const withPower = watts.some((w) => w !== undefined);
  const cell = (name: string) => {
    const v = number(reading, name);
    return v === undefined ? format.NONE : <Num q={format.measured(name, v)} />;
  };
  return (
    <table class="phases">
      <caption class="hear">{t("phases")}</caption>
      <thead>
        <tr>
          <th scope="col">
            <span class="hear">{t("phase")}</span>
          </th>
          <th scope="col" class="phase-power">
            {t("power")}
          </th>
          <th scope="col">{t("voltage")}</th>
          <th scope="col">{t("current")}</th>
          <th scope="col">
            <abbr title={t("power_factor")} aria-label={t("power_factor")}>
              cos φ
            </abbr>
          </th>
        </tr>
      </thead>
      <tbody>
        {there.map((p, i) => {
          const w = watts[i];
          return (
            <tr key={p}>
              <th scope="row">{p.toUpperCase()}</th>
              <td class="phase-power">
                {w === undefined ? (
                  <span class="muted">{withPower ? format.NONE : t("phase_unknown")}</span>
                ) : (
                  <>
                    <span class="phase-bar" aria-hidden="true">
                      <span
                        class={"phase-fill " + wayOf(w)}
                        style={{ width: `${(Math.abs(w) / most) * 50}%`, [w < 0 ? "right" : "left"]: "50%" }}
                      />
                    </span>
                    <Watts w={w} />
                  </>
                )}
              </td>
              <td>{cell(`voltage_${p}_mv`)}</td>
              <td>{cell(`current_${p}_ma`)}</td>
              <td>{cell(`power_factor_${p}_permille`)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Grid({ reading }: { reading: Reading }) {
  const t = useT();
  const rows: [Key, string][] = [
    ["frequency", "frequency_mhz"],
    ["apparent", "apparent_power_va"],
    ["reactive_in", "reactive_import_var"],
    ["reactive_out", "reactive_export_var"],
  ];
  const facts = rows
    .filter(([, name]) => number(reading, name) !== undefined)
    .map(([key, name]) => [t(key), <Num q={format.measured(name, number(reading, name)!)} />] as [string, preact.JSX.Element]);
  for (const [name, key] of [
    [IMPORT, "import"],
    [EXPORT, "export"],
  ] as const) {
    const wh = number(reading, name);
    if (wh !== undefined) facts.push([`${t("registers")}, ${t(key)}`, <Num q={format.register(wh)} />]);
  }
  if (reading.tariff !== undefined) facts.push([t("tariff"), <span class="num">T{Number(reading.tariff) + 1}</span>]);
  if (typeof reading.meter_time === "string") {
    const at = Date.parse(reading.meter_time) / 1000;
    if (Number.isFinite(at)) facts.push([t("meter_clock"), <span class="num">{format.clock(at, true)}</span>]);
  }
  return <Facts rows={facts} />;
}

function EnergyTable({ from, reading, canExport }: { from: Starts; reading: Reading | undefined; canExport: boolean }) {
  const t = useT();
  const ui = useCell(state.ui);
  const totals = totalsNow(from, reading);
  const tariff = ui && hasTariff(ui) ? ui : undefined;
  const months = dateOf(from.day).getMonth() + 1;
  const between = (a: Starts["today"], b: Starts["today"]): Energy => {
    const d = (x: typeof a.import, y: typeof a.import) => (x && y && y[1] >= x[1] ? y[1] - x[1] : null);
    return { importWh: d(a.import, b.import), exportWh: d(a.export, b.export) };
  };
  // The fixed price belongs to months, from the one on in which the registers begin.
  const since = totals.year.since;
  const yearMonths = since === undefined ? months : months - dateOf(since).getMonth();
  const rows: [string, Total, number][] = [
    [t("today"), totals.today, 0],
    [t("yesterday"), between(from.yesterday, from.today), 0],
    [t("this_month"), totals.month, 1],
    [t("this_year"), totals.year, yearMonths],
  ];
  const currency = ui?.currency ?? "";
  // One unit for all of it, in the head: there is little room on a phone.
  const most = Math.max(0, ...rows.flatMap((r) => [r[1].importWh ?? 0, r[1].exportWh ?? 0]));
  const { unit } = format.energy(most);
  const inUnit = (wh: number | null) =>
    wh === null ? format.NONE : unit === "kWh" ? format.energy(wh).value : format.num(wh / 1e6, 2);
  return (
    <>
      <table class="energy num">
        <thead>
          <tr>
            <td />
            <th scope="col">
              <Arrow way="import" /> {t("import")}
              <small>{unit}</small>
            </th>
            {canExport && (
              <th scope="col">
                <Arrow way="export" /> {t("export")}
                <small>{unit}</small>
              </th>
            )}
            {tariff && (
              <th scope="col">
                {t("net_cost")}
                <small>{currency}</small>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, energy, fixed]) => {
            const price = tariff ? cost(energy, tariff, fixed) : null;
            return (
              <tr key={name}>
                <th scope="row">
                  {name}
                  {energy.since !== undefined && <small> {t("since", { date: format.dayShort(energy.since) })}</small>}
                </th>
                <td>{inUnit(energy.importWh)}</td>
                {canExport && <td>{inUnit(energy.exportWh)}</td>}
                {tariff && <td>{price === null ? format.NONE : format.num(price, 2)}</td>}
              </tr>
            );
          })}
        </tbody>
      </table>
      <p class="note">
        {tariff
          ? t("cost_note", {
              import: format.money(tariff.cost_import, currency),
              export: format.money(tariff.cost_export, currency),
            })
          : t("no_tariff")}
        {tariff && tariff.cost_fixed !== 0 && " " + t("cost_note_fixed", { fixed: format.money(tariff.cost_fixed, currency) })}
      </p>
    </>
  );
}

/** Changes a little after each quarter of an hour, when the meter has closed its interval. */
function useQuarter(): number {
  const now = () => Math.floor((nowSeconds() - 20) / QUARTER);
  const [quarter, set] = useState(now);
  useEffect(() => {
    const timer = setInterval(() => set(now()), 5000);
    return () => clearInterval(timer);
  }, []);
  return quarter;
}


export function Now() {
  const t = useT();
  const received = useCell(state.latest);
  const link = useCell(state.link);
  const lost = useCell(state.lost);
  const info = useCell(state.info);
  const news = useCell(state.historyNews);
  const meter = useCell(route).meter;
  const quarter = useQuarter();
  const small = useMedia("(max-width: 760px)");
  useTick(1000);
  const stale = state.isStale(received, link?.link, lost !== undefined);
  const names = totalsOf(info);
  const day = dayStart(nowSeconds());

  const today = useLoaded((signal) => dayPowers(meter, names, day, signal), [meter, names, day, quarter, news]);
  const before = useLoaded((signal) => dayPowers(meter, names, dayStart(day, -1), signal), [meter, names, day, news]);
  const from = useLoaded((signal) => starts(meter, names, nowSeconds(), signal), [meter, names, day, news]);
  const steps = useMemo(() => today.value ?? [], [today.value]);
  const yesterday = useMemo(() => before.value ?? [], [before.value]);

  const reading = received?.reading;
  const w = netPower(reading);
  const canExport =
    names.includes(EXPORT) && (number(reading, EXPORT) !== undefined || number(reading, "power_export_w") !== undefined);

  return (
    <div class="now">
      <section class={"plate face" + (stale ? " old" : "")} aria-labelledby="power-now">
        <h2 id="power-now" class="hear">
          {t("power_now")}
        </h2>
        {reading ? (
          <>
            <Headline reading={reading} stale={stale} steps={steps} canExport={canExport} />
            <div class="face-right">
              <Phases reading={reading} />
              {!small && <Grid reading={reading} />}
            </div>
          </>
        ) : (
          <p class="empty">{link && link.link !== "ok" && link.link !== "starting" ? t("no_reading_yet") : t("loading")}</p>
        )}
      </section>

      <Section
        title={t("today_curve")}
        id="today"
        class="curve"
        aside={
          <ul class="legend">
            <li>
              <i class="key-today" /> {t("today")}
            </li>
            <li>
              <i class="key-sample" /> {t("from_samples")}
            </li>
            <li>
              <i class="key-before" /> {t("yesterday")}
            </li>
          </ul>
        }
      >
        <Failure error={today.error ?? before.error} again={() => (today.again(), before.again())} />
        {steps.length + yesterday.length > 0 ? (
          <>
            <DayChart
              day={day}
              steps={steps}
              before={yesterday}
              name={t("today")}
              beforeName={t("yesterday")}
              now={w !== undefined && !stale ? { t: nowSeconds(), w } : undefined}
              height={272}
            />
            <DayTable steps={steps} before={yesterday} name={t("today")} beforeName={t("yesterday")} day={day} />
          </>
        ) : (
          <p class="empty">{today.loading ? t("loading") : today.error ? format.NONE : t("no_curve")}</p>
        )}
        <HistoryNote />
      </Section>

      <Section title={t("energy")} id="energy" class={"energies" + (stale ? " old" : "")}>
        <Failure error={from.error} again={from.again} />
        {from.value ? (
          <EnergyTable from={from.value} reading={reading} canExport={canExport} />
        ) : (
          !from.error && <p class="empty">{t("loading")}</p>
        )}
      </Section>

      {small && reading && (
        <Section title={t("more_values")} id="more" class={stale ? "old" : ""}>
          <Grid reading={reading} />
        </Section>
      )}
    </div>
  );
}
