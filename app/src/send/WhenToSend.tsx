import { View } from "react-native";
import { text } from "../text/es-MX";
import { momentAt, placeOf } from "../text/zones";
import { Card, Choice, Field, Heading, SPACE, Words } from "../ui";

/** What was typed; `later: false` is now. */
export interface When {
  later: boolean;
  date: string;
  hour: string;
}

export const NOW: When = { later: false, date: "", hour: "" };

/** The moment that is meant, null for now; or what is wrong with a field. */
export type Moment = { at: Date | null } | { field: "date" | "hour"; problem: string };

/** Read what was typed by the clock of `zone`. */
export function momentOf(when: When, zone: string, now: Date): Moment {
  if (!when.later) return { at: null };
  const [, day, month, year] = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(when.date.trim()) ?? [];
  if (day === undefined || !isDay(Number(year), Number(month), Number(day))) {
    return { field: "date", problem: text.send.dateInvalid };
  }
  const [, hour, minute] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(when.hour.trim()) ?? [];
  if (hour === undefined) return { field: "hour", problem: text.send.hourInvalid };
  const date = { year: Number(year), month: Number(month), day: Number(day) };
  const at = momentAt(zone, date, Number(hour), Number(minute));
  if (at === null) return { field: "hour", problem: text.send.hourSkipped };
  return at > now ? { at } : { field: "hour", problem: text.send.past };
}

function isDay(year: number, month: number, day: number): boolean {
  const made = new Date(Date.UTC(year, month - 1, day));
  return made.getUTCMonth() === month - 1 && made.getUTCDate() === day;
}

interface WhenToSendProps {
  when: When;
  onChange: (when: When) => void;
  zone: string;
  moment: Moment;
}

export function WhenToSend({ when, onChange, zone, moment }: WhenToSendProps) {
  // Nothing is wrong with what nobody has typed yet.
  const problemOf = (field: "date" | "hour") =>
    "problem" in moment && moment.field === field && when[field] !== "" ? moment.problem : null;
  return (
    <Card label={text.send.when}>
      <Heading>{text.send.when}</Heading>
      <View role="radiogroup" aria-label={text.send.when} style={{ gap: SPACE.s }}>
        <Choice
          role="radio"
          label={text.send.now}
          checked={!when.later}
          onPress={() => onChange({ ...when, later: false })}
        />
        <Choice
          role="radio"
          label={text.send.later}
          checked={when.later}
          onPress={() => onChange({ ...when, later: true })}
        />
      </View>
      {when.later
        ? (
          <>
            <Field
              label={text.send.date}
              value={when.date}
              onChange={(date) => onChange({ ...when, date })}
              maxLength={10}
              problem={problemOf("date")}
            />
            <Field
              label={text.send.hour}
              value={when.hour}
              onChange={(hour) => onChange({ ...when, hour })}
              maxLength={5}
              problem={problemOf("hour")}
            />
            <Words tone="muted">{text.send.zone(placeOf(zone))}</Words>
          </>
        )
        : null}
    </Card>
  );
}
