import type { ReactNode } from "react";
import { View } from "react-native";
import { SPACE } from "./theme";

interface WrapProps {
  children: ReactNode;
  role?: "group" | "radiogroup";
  label?: string;
}

/** Things side by side, in as many lines as they need. */
export function Wrap({ children, role, label }: WrapProps) {
  return (
    <View
      {...(role === undefined ? {} : { role })}
      {...(label === undefined ? {} : { "aria-label": label })}
      style={{ flexDirection: "row", flexWrap: "wrap", gap: SPACE.s }}
    >
      {children}
    </View>
  );
}
