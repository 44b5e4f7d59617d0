/** What was measured on the residents themselves: rates, curves, look-alikes. No score is shown. */

import type { AuditShown, PlotPoint, PlotShown, VerdictShown } from "@linli/shared/api.gen";
import { Card, EmptyState, Name, StatusLine } from "@linli/shared/bits";
import { clockTime, dayOf, say } from "@linli/shared/i18n";
import { reasonWords } from "@linli/shared/reasons";

import { faceWords as words } from "./facewords";
import { site } from "./wall";

const WIDTH = 640;
const HEIGHT = 220;
/** Of the plot's own scale, which has no unit. */
const SCALE = 1_000;

function percent(share: number | null): string {
  if (share === null) return say(words.unknown);
  const value = share * 100;
  return `${value >= 10 ? value.toFixed(0) : value.toPrecision(2)} %`;
}

function line(curve: readonly PlotPoint[]): string {
  const points = curve.map(({ at, share }) => `${(at / SCALE) * WIDTH},${HEIGHT - share * HEIGHT}`);
  return points.length === 0 ? "" : `M${points.join(" L")}`;
}

export function Plot({ plot }: { plot: PlotShown }) {
  const at = plot.threshold === null ? null : (plot.threshold / SCALE) * WIDTH;
  return (
    <figure class="face-plot">
      <svg viewBox={`-8 -8 ${WIDTH + 16} ${HEIGHT + 16}`} role="img" aria-label={say(words.plot)}>
        <path class="axis" d={`M0,0 L0,${HEIGHT} L${WIDTH},${HEIGHT}`} />
        {at !== null && <path class="bound" d={`M${at},0 L${at},${HEIGHT}`} />}
        <path class="other" d={line(plot.strangers)} />
        <path class="own" d={line(plot.genuine)} />
      </svg>
      <figcaption class="small">
        <span class="key own">{say(words.curveOwn)}</span>
        <span class="key other">{say(words.curveOther)}</span>
        <span class="soft">{say(words.plot)}</span>
      </figcaption>
    </figure>
  );
}

function Way({ title, told, wrong }: { title: string; told: VerdictShown; wrong: boolean }) {
  return (
    <div class="face-way">
      <h3>{title}</h3>
      {told.refused === null ? (
        <StatusLine tone="good" icon="check">{say(words.allowed)}</StatusLine>
      ) : (
        <StatusLine tone="mind" icon="alert">{say(reasonWords(told.refused))}</StatusLine>
      )}
      <dl class="facts face-figures">
        <div>
          <dt>{say(words.falseIn)}</dt>
          <dd class="figures">{percent(told.predicted)}</dd>
        </div>
        <div>
          <dt>{say(words.missed)}</dt>
          <dd class="figures">{percent(told.missed)}</dd>
        </div>
        {wrong && (
          <div>
            <dt>{say(words.wrong)}</dt>
            <dd class="figures">{percent(told.wrong)}</dd>
          </div>
        )}
      </dl>
    </div>
  );
}

export function Audit({ audit }: { audit: AuditShown | null }) {
  const zone = site.value?.time_zone;
  if (audit === null || audit.people === 0) {
    return <EmptyState icon="people" title={say(words.noAudit)} />;
  }
  const when = { n: audit.people, day: dayOf(audit.made_at, zone), time: clockTime(audit.made_at, zone) };
  return (
    <Card data-audit>
      <h2>{say(words.audit)}</h2>
      <p class="soft">{say(words.auditLine, when)}</p>
      <div class="face-ways">
        <Way title={say(words.afterClaim)} told={audit.claim} wrong={false} />
        <Way title={say(words.alone)} told={audit.search} wrong />
      </div>
      <Plot plot={audit.plot} />
      {audit.look_alikes.length > 0 && (
        <section data-look-alikes>
          <h3>{say(words.lookAlikes)}</h3>
          <p class="soft small">{say(words.lookAlikesLine)}</p>
          <ul class="plain">
            {audit.look_alikes.map((pair) => (
              <li key={`${pair.one.name}|${pair.other.name}`}>
                <Name>{say(words.and, { one: pair.one.name, other: pair.other.name })}</Name>
              </li>
            ))}
          </ul>
        </section>
      )}
    </Card>
  );
}
