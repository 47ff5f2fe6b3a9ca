import { forwardRef, type ReactNode } from "react";
import { Pressable, StyleSheet, Text, View } from "react-native";
import { keysOf } from "./keys";
import { SPACE, TARGET, useTheme } from "./theme";

interface ButtonProps {
  label: string;
  onPress: () => void;
  kind?: "primary" | "secondary" | "danger";
  disabled?: boolean;
  /** What it does is under way: it cannot be pressed, and says so. */
  busy?: boolean;
  /** Only where the visible label does not name it. */
  accessibleName?: string;
}

export const Button = forwardRef<View, ButtonProps>(function Button(
  { label, onPress, kind = "secondary", disabled = false, busy = false, accessibleName },
  ref,
) {
  const theme = useTheme();
  const off = disabled || busy;
  const [back, front] = kind === "primary"
    ? [theme.primary, theme.onPrimary]
    : kind === "danger"
    ? [theme.danger, theme.onDanger]
    : [theme.surface, theme.text];
  return (
    <Pressable
      ref={ref}
      role="button"
      aria-disabled={off}
      aria-busy={busy}
      disabled={off}
      onPress={onPress}
      {...(accessibleName === undefined ? {} : { "aria-label": accessibleName })}
      style={({ pressed }) => [
        styles.button,
        {
          backgroundColor: off ? theme.background : back,
          borderColor: kind === "secondary" || off ? theme.border : back,
        },
        pressed && styles.pressed,
      ]}
    >
      <Text style={[styles.label, { color: off ? theme.muted : front }]}>{label}</Text>
    </Pressable>
  );
});

interface ChoiceProps {
  label: string;
  checked: boolean;
  onPress: () => void;
  /** `radio`: one of a group (inside role radiogroup); `checkbox`: any of them. */
  role?: "checkbox" | "radio";
  disabled?: boolean;
  detail?: string;
  children?: ReactNode;
}

/** A row that is chosen or not; a mark says it, not the colour alone. */
export function Choice(
  { label, checked, onPress, role = "checkbox", disabled = false, detail, children }: ChoiceProps,
) {
  const theme = useTheme();
  const mark = role === "radio" ? (checked ? "◉" : "○") : checked ? "☑" : "☐";
  return (
    <Pressable
      {...(disabled ? {} : keysOf(onPress))}
      role={role}
      aria-checked={checked}
      aria-disabled={disabled}
      disabled={disabled}
      onPress={onPress}
      style={[styles.choice, {
        borderColor: theme.border,
        backgroundColor: checked ? theme.selected : theme.surface,
      }]}
    >
      <Text aria-hidden style={[styles.mark, { color: theme.text }]}>
        {mark}
      </Text>
      <View style={styles.words}>
        <Text style={[styles.label, { color: disabled ? theme.muted : theme.text }]}>{label}</Text>
        {detail === undefined
          ? null
          : <Text style={[styles.detail, { color: theme.muted }]}>{detail}</Text>}
        {children}
      </View>
    </Pressable>
  );
}

/** A short choice among few, in a row that wraps. */
export function Chip({
  label,
  checked,
  onPress,
  role = "checkbox",
}: Pick<ChoiceProps, "label" | "checked" | "onPress" | "role">) {
  const theme = useTheme();
  return (
    <Pressable
      {...keysOf(onPress)}
      role={role}
      aria-checked={checked}
      onPress={onPress}
      style={[
        styles.chip,
        {
          borderColor: theme.border,
          backgroundColor: checked ? theme.selected : theme.surface,
        },
      ]}
    >
      <Text aria-hidden style={[styles.label, { color: theme.text }]}>
        {checked ? "✓ " : ""}
      </Text>
      <Text style={[styles.label, { color: theme.text }]}>{label}</Text>
    </Pressable>
  );
}

const styles = StyleSheet.create({
  button: {
    minHeight: TARGET,
    minWidth: TARGET,
    paddingHorizontal: SPACE.l,
    paddingVertical: SPACE.s,
    borderRadius: 10,
    borderWidth: 1,
    alignItems: "center",
    justifyContent: "center",
  },
  pressed: { opacity: 0.8 },
  label: { fontSize: 16, lineHeight: 23, fontWeight: "600", textAlign: "auto" },
  detail: { fontSize: 14, lineHeight: 20 },
  choice: {
    minHeight: TARGET,
    flexDirection: "row",
    gap: SPACE.m,
    padding: SPACE.m,
    borderRadius: 10,
    borderWidth: 1,
    alignItems: "flex-start",
  },
  mark: { fontSize: 18, lineHeight: 23 },
  words: { flex: 1, gap: SPACE.xs },
  chip: {
    minHeight: TARGET,
    minWidth: TARGET,
    paddingHorizontal: SPACE.l,
    borderRadius: TARGET / 2,
    borderWidth: 1,
    flexDirection: "row",
    alignItems: "center",
    justifyContent: "center",
  },
});
