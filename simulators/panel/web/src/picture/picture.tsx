/** The model town: drawn once; doors, wire, letters, kiosk and people live by their own signals. */
import { say } from "@linli/shared/i18n";
import { visitors } from "../hand";
import { memo } from "../memo";
import { town } from "../state";
import { w } from "../words";
import { PAINT } from "./colours";
import { House } from "./houses";
import { VIEW } from "./iso";
import { Bench, Board, Creek, Paving, Tree, Willow } from "./nature";
import { Exercise, LOOKS, Standing } from "./people";
import { Letters, Poles, SwitchBox, Wires } from "./wires";
import { EastGate, Hall, Kiosk, Office, WestGate } from "./works";

function Paints() {
  return (
    <defs>
      <radialGradient id="table-shadow">
        <stop offset="0.72" stop-color="#5d4a2a" stop-opacity="0.2" />
        <stop offset="1" stop-color="#5d4a2a" stop-opacity="0" />
      </radialGradient>
      <linearGradient id="spill" x1="0" y1="0" x2="0" y2="1">
        <stop offset="0" stop-color={PAINT.inside} stop-opacity="0.95" />
        <stop offset="1" stop-color={PAINT.inside} stop-opacity="0" />
      </linearGradient>
      <linearGradient id="spill-east" x1="1" y1="0" x2="0" y2="0">
        <stop offset="0" stop-color={PAINT.inside} stop-opacity="0.95" />
        <stop offset="1" stop-color={PAINT.inside} stop-opacity="0" />
      </linearGradient>
    </defs>
  );
}

/** The elder of the story takes the air, unless she is at a door just now. */
function Elder() {
  if (visitors.value.some((each) => each.role === "elder")) return null;
  return <Standing spot={[9.6, 7.6]} look={LOOKS.elder} stick />;
}

/** From back to front, as a painter would. */
const Scene = memo(function Scene({ name }: { name: string }) {
  return (
    <>
      <Paints />
      <Board name={name} />
      <Paving />
      <Creek />
      <Tree spot={[0.8, 7.3]} size={1.1} />
      <House building={1} x={1.5} y={2} />
      <Tree spot={[11.4, 3.6]} size={1.25} />
      <Tree spot={[11.9, 5.4]} size={0.9} />
      <House building={2} x={13} y={2} />
      <Tree spot={[23, 4.4]} size={1.15} />
      <Elder />
      <Poles />
      <Office />
      <Tree spot={[22.6, 10]} size={0.7} />
      <EastGate name={name} />
      <Hall />
      <Exercise />
      <SwitchBox />
      <Wires />
      <Bench spot={[16.6, 13.2]} />
      <Kiosk />
      <Willow spot={[2.3, 14]} />
      <Willow spot={[11.6, 14]} late />
      <Willow spot={[22.3, 13.8]} />
      <Standing spot={[19.2, 12.6]} look={LOOKS.carer} />
      <Willow spot={[9.4, 16.7]} late />
      <Willow spot={[15.4, 16.8]} />
      <WestGate />
      <Willow spot={[22.8, 16.9]} late />
      <Letters />
    </>
  );
});

export function Picture() {
  return (
    <svg class="picture" viewBox={`0 0 ${VIEW.width} ${VIEW.height}`} role="img" aria-label={say(w.pictureLabel)}>
      <Scene name={town.value?.name["zh-Hans"] ?? ""} />
    </svg>
  );
}
