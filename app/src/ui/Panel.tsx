import type { ReactNode } from "react";
import { StyleSheet, Text, View } from "react-native";
import { SPACE, useTheme } from "./theme";

/** A group of things that belong together. */
export function Card({ children, label }: { children: ReactNode; label?: string }) {
  const theme = useTheme();
  return (
    <View
      {...(label === undefined ? {} : { role: "group" as const, "aria-label": label })}
      style={[styles.card, { backgroundColor: theme.surface, borderColor: theme.border }]}
    >
      {children}
    </View>
  );
}

const SIGNS = { info: "ℹ", good: "✓", warning: "⚠", danger: "✕" };

/** A message to the person; `danger` and `warning` are read out at once. */
export function Notice(
  { kind, children, action }: { kind: keyof typeof SIGNS; children: ReactNode; action?: ReactNode },
) {
  const theme = useTheme();
  const urgent = kind === "danger" || kind === "warning";
  return (
    <View
      role={urgent ? "alert" : "status"}
      aria-live={urgent ? "assertive" : "polite"}
      style={[styles.notice, {
        backgroundColor: theme[`${kind}Surface`],
        borderColor: theme.border,
      }]}
    >
      <Text aria-hidden style={[styles.sign, { color: theme.text }]}>
        {SIGNS[kind]}
      </Text>
      <View style={styles.words}>
        {typeof children === "string"
          ? <Text style={[styles.text, { color: theme.text }]}>{children}</Text>
          : children}
        {action}
      </View>
    </View>
  );
}

/** How much of a whole is done; `label` says of what. */
export function ProgressBar(
  { value, label, words }: { value: number; label: string; words: string },
) {
  const theme = useTheme();
  const percent = Math.max(0, Math.min(100, value));
  return (
    <View
      accessible
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.floor(percent)}
      aria-valuetext={words}
      style={[styles.bar, { backgroundColor: theme.background, borderColor: theme.border }]}
    >
      <View style={{ width: `${percent}%`, backgroundColor: theme.primary, height: "100%" }} />
    </View>
  );
}

export function Loading({ label }: { label: string }) {
  const theme = useTheme();
  return (
    <View role="status" aria-live="polite" aria-busy style={styles.loading}>
      <Text style={[styles.text, { color: theme.muted }]}>{label}</Text>
    </View>
  );
}

const styles = StyleSheet.create({
  card: { borderWidth: 1, borderRadius: 12, padding: SPACE.l, gap: SPACE.m },
  notice: {
    flexDirection: "row",
    gap: SPACE.s,
    borderWidth: 1,
    borderRadius: 10,
    padding: SPACE.m,
  },
  sign: { fontSize: 16, lineHeight: 23 },
  words: { flex: 1, gap: SPACE.s, alignItems: "flex-start" },
  text: { fontSize: 16, lineHeight: 23 },
  bar: { height: 14, borderRadius: 7, borderWidth: 1, overflow: "hidden" },
  loading: { padding: SPACE.l },
});
