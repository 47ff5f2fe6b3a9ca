import type { ReactNode } from "react";
import { StyleSheet, Text } from "react-native";
import { type Theme, useTheme } from "./theme";

interface WordsProps {
  children: ReactNode;
  tone?: "text" | "muted" | "danger" | "warning" | "good";
  size?: "small" | "normal" | "large";
  strong?: boolean;
  /** `polite` where a change is to be read out. */
  live?: "polite" | "assertive";
  id?: string;
}

export function Words(
  { children, tone = "text", size = "normal", strong = false, live, id }: WordsProps,
) {
  const theme = useTheme();
  const color = theme[tone satisfies keyof Theme];
  return (
    <Text
      {...(live === undefined ? {} : { "aria-live": live })}
      {...(id === undefined ? {} : { nativeID: id })}
      style={[styles[size], strong && styles.strong, { color }]}
    >
      {children}
    </Text>
  );
}

export function Heading({ children, level = 2 }: { children: ReactNode; level?: 1 | 2 | 3 }) {
  const theme = useTheme();
  return (
    <Text
      role="heading"
      aria-level={level}
      style={[styles.heading, styles[`h${level}`], { color: theme.text }]}
    >
      {children}
    </Text>
  );
}

const styles = StyleSheet.create({
  small: { fontSize: 14, lineHeight: 20 },
  normal: { fontSize: 16, lineHeight: 23 },
  large: { fontSize: 20, lineHeight: 27 },
  strong: { fontWeight: "600" },
  heading: { fontWeight: "700" },
  h1: { fontSize: 24, lineHeight: 31 },
  h2: { fontSize: 19, lineHeight: 26 },
  h3: { fontSize: 16, lineHeight: 23 },
});
