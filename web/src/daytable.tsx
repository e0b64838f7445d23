// The same as the curve, as a table: for those who do not see it, and for figures.

import type { Step } from "./energy";
import { moved, sideBySide } from "./days";
import * as format from "./format";
import { useT } from "./i18n";
import { Watts } from "./parts";
import { useState } from "preact/hooks";

export function DayTable(props: { steps: Step[]; before: Step[]; name: string; beforeName: string; day: number }) {
  const { steps, before, name, beforeName, day } = props;
  const t = useT();
  const [open, setOpen] = useState(false);
  return (
    <details class="as-table" onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary>{t("as_table")}</summary>
      {open && (
        <div class="scroll" tabIndex={0} role="region" aria-label={t("as_table")}>
          <table class="data">
            <thead>
              <tr>
                <th scope="col">{t("time")}</th>
                <th scope="col">{name}</th>
                <th scope="col">{t("source")}</th>
                <th scope="col">{beforeName}</th>
              </tr>
            </thead>
            <tbody>
              {sideBySide(steps, moved(before, day)).map((r) => (
                <tr key={r.from}>
                  <th scope="row" class="num">
                    {format.clock(r.from)}–{format.clock(r.to)}
                  </th>
                  <td>{r.own ? <Watts w={r.own.w} /> : format.NONE}</td>
                  <td>{r.own ? t(r.own.source === "meter" ? "source_meter" : "source_sample") : ""}</td>
                  <td>{r.other ? <Watts w={r.other.w} /> : format.NONE}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}
