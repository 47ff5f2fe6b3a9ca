/** Numbers and dates as people in Mexico write them, in the campaign's own time. */

const LOCALE = "es-MX";
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const wholeNumbers = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });
const percents = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0, style: "percent" });
const dollars = new Intl.NumberFormat(LOCALE, {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});

export function count(value: number): string {
  return wholeNumbers.format(value);
}

/** A part of a whole, rounded down: only all of it is 100 %. */
export function percent(part: number, whole: number): string {
  return percents.format(whole === 0 ? 0 : Math.floor((part / whole) * 100) / 100);
}

export function usd(value: number): string {
  return `US$${dollars.format(value)}`;
}

/** «sáb 1 may 2027, 12:30», by the clock of `zone`. */
export function dateAndTime(at: string | Date, zone: string): string {
  return new Intl.DateTimeFormat(LOCALE, {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone: zone,
  }).format(typeof at === "string" ? new Date(at) : at);
}

export function day(at: string | Date, zone: string): string {
  return new Intl.DateTimeFormat(LOCALE, {
    weekday: "short",
    day: "numeric",
    month: "short",
    timeZone: zone,
  }).format(typeof at === "string" ? new Date(at) : at);
}

/** «hace 2 días». Hermes has no Intl.RelativeTimeFormat on iOS. */
export function ago(at: string, now: Date): string {
  const seconds = Math.max(0, (now.getTime() - Date.parse(at)) / 1_000);
  if (seconds < MINUTE) return "hace un momento";
  if (seconds < HOUR) return `hace ${plural(Math.floor(seconds / MINUTE), "minuto", "minutos")}`;
  if (seconds < DAY) return `hace ${plural(Math.floor(seconds / HOUR), "hora", "horas")}`;
  return `hace ${plural(Math.floor(seconds / DAY), "día", "días")}`;
}

/** «2 min», «1 h 20 min», «3 días». */
export function duration(seconds: number): string {
  if (seconds < MINUTE) return "menos de 1 min";
  const minutes = Math.ceil(seconds / MINUTE);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return plural(Math.ceil(hours / 24), "día", "días");
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}

export function plural(value: number, one: string, many: string): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A plain calendar day, `2027-05-01`: it has no zone to be moved by. */
export function calendarDay(date: string): string {
  return day(`${date}T12:00:00Z`, "UTC");
}
