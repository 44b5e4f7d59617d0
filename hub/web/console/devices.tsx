/** The devices: alive or not, since when, with which program, and whether they hold the newest list. */

import type { DeviceShown } from "@linli/shared/api.gen";
import { EmptyState, ErrorState, Skeleton, StatusLine, type Tone } from "@linli/shared/bits";
import { clockTime, dayOf, say, type Words } from "@linli/shared/i18n";
import { Icon, type IconName } from "@linli/shared/icons";

import { States } from "./door";
import { devices, readAll, reading, site } from "./wall";
import { words } from "./words";

const KINDS = {
  door: { text: words.kindDoor, icon: "door" },
  point: { text: words.kindPoint, icon: "card" },
  kiosk: { text: words.kindKiosk, icon: "kiosk" },
  meter: { text: words.kindMeter, icon: "clock" },
} as const satisfies Record<DeviceShown["kind"], { text: Words; icon: IconName }>;

const LIVES = {
  init: { text: words.lifeInit, tone: "wait", icon: "hourglass" },
  ready: { text: words.lifeReady, tone: "good", icon: "online" },
  sleeping: { text: words.lifeSleeping, tone: "calm", icon: "pause" },
  disconnected: { text: words.lifeDisconnected, tone: "mind", icon: "offline" },
  lost: { text: words.lifeLost, tone: "mind", icon: "offline" },
  unknown: { text: words.lifeUnknown, tone: "calm", icon: "question" },
} as const satisfies Record<DeviceShown["state"], { text: Words; tone: Tone; icon: IconName }>;

function Policy({ device }: { device: DeviceShown }) {
  const { policy_have: have, policy_want: want } = device;
  if (device.kind !== "door" || have === null || want === null) return <span class="soft">{"–"}</span>;
  const fine = have === want;
  return (
    <StatusLine tone={fine ? "good" : "wait"} icon={fine ? "check" : "hourglass"}>
      {fine ? say(words.policyFine, { have }) : say(words.policyBehind, { have, want })}
    </StatusLine>
  );
}

function speedOf({ p50_ms, p95_ms }: DeviceShown): string {
  if (p50_ms === null || p95_ms === null) return "–";
  return `${say(words.ms, { n: Math.round(p50_ms) })} / ${say(words.ms, { n: Math.round(p95_ms) })}`;
}

function Row({ device }: { device: DeviceShown }) {
  const zone = site.value?.time_zone;
  const life = LIVES[device.state];
  const kind = KINDS[device.kind];
  return (
    <tr data-device={device.id}>
      <th scope="row">{device.id}</th>
      <td data-label={say(words.kind)}>
        <span class="status">
          <Icon name={kind.icon} />
          <span>{say(kind.text)}</span>
        </span>
      </td>
      <td data-label={say(words.state)}>
        <StatusLine tone={life.tone} icon={life.icon}>
          {say(life.text)}
        </StatusLine>
        <States device={device} />
      </td>
      <td class="figures" data-label={say(words.since)}>
        {device.since ? `${dayOf(device.since, zone)} ${clockTime(device.since, zone)}` : "–"}
      </td>
      <td class="figures" data-label={say(words.firmware)}>
        {device.firmware || "–"}
      </td>
      <td class="figures" data-label={say(words.policy)}>
        <Policy device={device} />
      </td>
      <td class="figures" data-label={say(words.speed)}>
        {speedOf(device)}
      </td>
    </tr>
  );
}

function Table() {
  const heads = [
    words.device, words.kind, words.state, words.since, words.firmware, words.policy, words.speed,
  ];
  return (
    <table class="devices">
      <thead>
        <tr>
          {heads.map((head, at) => (
            <th key={at} scope="col">
              {say(head)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {devices.value.map((device) => (
          <Row key={device.id} device={device} />
        ))}
      </tbody>
    </table>
  );
}

export function Devices() {
  const none = devices.value.length === 0;
  return (
    <div class="sheet">
      <h1>{say(words.devices)}</h1>
      {reading.value === "failed" && <ErrorState onAgain={readAll} />}
      {none && reading.value === "busy" && <Skeleton rows={5} />}
      {none && reading.value === "done" && <EmptyState icon="kiosk" title={say(words.noDevices)} />}
      {!none && <Table />}
    </div>
  );
}
