import { useColorScheme } from "react-native";

/** Text on its background reaches 4.5:1 in both (WCAG 2.2, 1.4.3); a test computes it. */
export interface Theme {
  background: string;
  surface: string;
  text: string;
  muted: string;
  border: string;
  primary: string;
  onPrimary: string;
  selected: string;
  danger: string;
  onDanger: string;
  warning: string;
  warningSurface: string;
  good: string;
  goodSurface: string;
  dangerSurface: string;
  infoSurface: string;
  bubble: string;
}

export const light: Theme = {
  background: "#f6f7f9",
  surface: "#ffffff",
  text: "#16191d",
  muted: "#50575f",
  border: "#767d86",
  primary: "#0b5c4a",
  onPrimary: "#ffffff",
  selected: "#d8efe8",
  danger: "#a81717",
  onDanger: "#ffffff",
  warning: "#704300",
  warningSurface: "#fff1d6",
  good: "#0b5c2e",
  goodSurface: "#ddf3e4",
  dangerSurface: "#fde4e4",
  infoSurface: "#e3eefb",
  bubble: "#d9f7cd",
};

export const dark: Theme = {
  background: "#101418",
  surface: "#1a2026",
  text: "#eef1f4",
  muted: "#b2bac3",
  border: "#8a939d",
  primary: "#7fdcc1",
  onPrimary: "#06251d",
  selected: "#1f4a3f",
  danger: "#ffb0b0",
  onDanger: "#3b0505",
  warning: "#ffd28a",
  warningSurface: "#3a2a0c",
  good: "#9be6b3",
  goodSurface: "#12351f",
  dangerSurface: "#431717",
  infoSurface: "#16314f",
  bubble: "#124b33",
};

export function useTheme(): Theme {
  return useColorScheme() === "dark" ? dark : light;
}

/** Least height and width of what is pressed, in density-independent pixels (Material, 48). */
export const TARGET = 48;
export const SPACE = { xs: 4, s: 8, m: 12, l: 16, xl: 24 } as const;
