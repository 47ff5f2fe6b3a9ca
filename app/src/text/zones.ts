/** The clocks of Mexico by a place that people know (tz database, `zone1970.tab`). */
const PLACES: Record<string, string> = {
  "America/Mexico_City": "Ciudad de México",
  "America/Cancun": "Cancún",
  "America/Merida": "Mérida",
  "America/Monterrey": "Monterrey",
  "America/Matamoros": "Matamoros",
  "America/Chihuahua": "Chihuahua",
  "America/Ciudad_Juarez": "Ciudad Juárez",
  "America/Ojinaga": "Ojinaga",
  "America/Mazatlan": "Mazatlán",
  "America/Bahia_Banderas": "Bahía de Banderas",
  "America/Hermosillo": "Hermosillo",
  "America/Tijuana": "Tijuana",
};

export const DEFAULT_ZONE = "America/Mexico_City";

export function placeOf(zone: string): string {
  return PLACES[zone] ?? zone;
}

/**
 * The moment at which a clock in `zone` shows this day and hour; null: it never does, for the
 * clock is put forward then. Of the two moments of an hour that comes twice, the first.
 */
export function momentAt(
  zone: string,
  day: { year: number; month: number; day: number },
  hour: number,
  minute: number,
): Date | null {
  const shown = Date.UTC(day.year, day.month - 1, day.day, hour, minute);
  // No clock is more than a day off; the offsets before and after are all there can be.
  const offsets = [shown - DAY, shown + DAY].map((at) => clock(zone, at) - at);
  const moments = offsets.map((offset) => shown - offset).filter((at) => clock(zone, at) === shown);
  return moments.length === 0 ? null : new Date(Math.min(...moments));
}

const DAY = 24 * 60 * 60 * 1_000;

/** What the clock shows, as if it were UTC. `formatToParts` is missing on iOS. */
function clock(zone: string, at: number): number {
  const shown = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  }).format(at);
  const [month, day, year, hour, minute] = (shown.match(/\d+/g) ?? []).map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return Date.UTC(year, month - 1, day, hour, minute);
}
