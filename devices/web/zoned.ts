/** Local times of the doors' zone, whatever zone this device is set to. */

interface Parts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
}

/** What clock and calendar show in a zone. */
export function partsIn(zone: string, at: Date): Parts {
  const shown = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  }).formatToParts(at);
  const of = (type: string) => Number(shown.find((each) => each.type === type)?.value);
  return { year: of("year"), month: of("month"), day: of("day"), hour: of("hour"), minute: of("minute") };
}

function asUtc({ year, month, day, hour, minute }: Parts): number {
  return Date.UTC(year, month - 1, day, hour, minute);
}

/** The instant at which clock and calendar of a zone show this. */
export function instantIn(zone: string, local: Parts): Date {
  const wanted = asUtc(local);
  let at = wanted;
  // twice: the first step may cross the hour in which the zone changes its offset
  for (let step = 0; step < 2; step += 1) at += wanted - asUtc(partsIn(zone, new Date(at)));
  return new Date(at);
}

const two = (value: number) => String(value).padStart(2, "0");

/** A day as a date field has it. */
export function dayField({ year, month, day }: Parts): string {
  return `${year}-${two(month)}-${two(day)}`;
}

/** A time as a time field has it. */
export function timeField({ hour, minute }: Parts): string {
  return `${two(hour)}:${two(minute)}`;
}

/** The instant of what a date field and a time field hold; null while one is empty. */
export function ofFields(zone: string, day: string, time: string): Date | null {
  const [year, month, date] = day.split("-").map(Number);
  const [hour, minute] = time.split(":").map(Number);
  if (!year || !month || !date || hour === undefined || minute === undefined) return null;
  return instantIn(zone, { year, month, day: date, hour, minute });
}
