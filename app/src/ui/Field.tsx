import { type ReactNode, useId } from "react";
import { StyleSheet, Text, TextInput, type TextInputProps, View } from "react-native";
import { SPACE, TARGET, useTheme } from "./theme";

interface FieldProps extends
  Pick<
    TextInputProps,
    "multiline" | "maxLength" | "inputMode" | "autoCapitalize" | "placeholder"
  > {
  label: string;
  value: string;
  onChange: (value: string) => void;
  hint?: string | undefined;
  /** What is wrong with it; read out when it appears. */
  problem?: string | null | undefined;
  children?: ReactNode;
}

export function Field({ label, value, onChange, hint, problem, children, ...input }: FieldProps) {
  const theme = useTheme();
  const id = useId();
  return (
    <View style={styles.field}>
      <Text nativeID={`${id}-label`} style={[styles.label, { color: theme.text }]}>
        {label}
      </Text>
      <TextInput
        {...input}
        aria-label={label}
        aria-labelledby={`${id}-label`}
        {...{ "aria-invalid": Boolean(problem), "aria-describedby": `${id}-note` }}
        value={value}
        onChangeText={onChange}
        placeholderTextColor={theme.muted}
        style={[
          styles.input,
          input.multiline === true && styles.lines,
          {
            color: theme.text,
            backgroundColor: theme.surface,
            borderColor: problem ? theme.danger : theme.border,
          },
        ]}
      />
      <View nativeID={`${id}-note`}>
        {problem
          ? (
            <Text role="alert" style={[styles.note, { color: theme.danger }]}>
              {`⚠ ${problem}`}
            </Text>
          )
          : hint === undefined
          ? null
          : <Text style={[styles.note, { color: theme.muted }]}>{hint}</Text>}
      </View>
      {children}
    </View>
  );
}

const styles = StyleSheet.create({
  field: { gap: SPACE.xs },
  label: { fontSize: 16, lineHeight: 23, fontWeight: "600" },
  input: {
    minHeight: TARGET,
    borderWidth: 1,
    borderRadius: 10,
    paddingHorizontal: SPACE.m,
    fontSize: 16,
  },
  lines: { minHeight: TARGET * 2, paddingVertical: SPACE.s, textAlignVertical: "top" },
  note: { fontSize: 14, lineHeight: 20 },
});
