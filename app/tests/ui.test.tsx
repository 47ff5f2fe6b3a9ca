import { fireEvent, screen } from "@testing-library/react-native";
import { useState } from "react";
import { StyleSheet } from "react-native";
import { Problem } from "../src/api/problem";
import { Button, Choice, Field, Picker, ProblemNotice, ProgressBar, TARGET } from "../src/ui";
import { dark, light, type Theme } from "../src/ui/theme";
import { show } from "./harness";

const READ_ON: [keyof Theme, keyof Theme][] = [
  ["text", "background"],
  ["text", "surface"],
  ["muted", "background"],
  ["muted", "surface"],
  ["onPrimary", "primary"],
  ["onDanger", "danger"],
  ["danger", "surface"],
  ["warning", "surface"],
  ["good", "surface"],
  ["text", "selected"],
  ["muted", "selected"],
  ["text", "warningSurface"],
  ["text", "dangerSurface"],
  ["text", "goodSurface"],
  ["text", "infoSurface"],
  ["text", "bubble"],
];

describe.each([
  ["light", light],
  ["dark", dark],
])("%s", (_, theme) => {
  test.each(READ_ON)("%s on %s can be read", (front, back) => {
    expect(contrast(theme[front], theme[back])).toBeGreaterThanOrEqual(4.5);
  });

  test("borders of what is pressed can be seen", () => {
    expect(contrast(theme.border, theme.surface)).toBeGreaterThanOrEqual(3);
    expect(contrast(theme.border, theme.background)).toBeGreaterThanOrEqual(3);
  });
});

test("a button is as large as a finger, and says when it is busy", () => {
  show(<Button label="Enviar" onPress={() => {}} busy />);
  const button = screen.getByRole("button", { name: "Enviar" });
  expect(StyleSheet.flatten(button.props.style as object)).toMatchObject({ minHeight: TARGET });
  expect(button).toBeDisabled();
  expect(button).toBeBusy();
});

test("a choice tells whether it is made", () => {
  show(<Choice label="A favor" checked onPress={() => {}} />);
  expect(screen.getByRole("checkbox", { name: "A favor" })).toBeChecked();
});

test("a field's problem is read out and stands beside it", () => {
  show(<Field label="Nombre" value="" onChange={() => {}} problem="Falta." />);
  expect(screen.getByRole("alert")).toHaveTextContent(/Falta\./);
});

test("a bar tells its value in words", () => {
  show(<ProgressBar value={38.7} label="Avance" words="120 de 354" />);
  expect(screen.getByRole("progressbar", { name: "Avance" })).toHaveAccessibilityValue({
    now: 38,
    text: "120 de 354",
  });
});

test("a picker finds values without accents, and keeps what was chosen", () => {
  function Sections() {
    const [chosen, setChosen] = useState<string[]>([]);
    const options = ["Peñón", "Ánimas", "Centro"].map((each) => ({ value: each, label: each }));
    return <Picker title="Colonias" options={options} chosen={chosen} onChange={setChosen} />;
  }
  show(<Sections />);
  fireEvent.press(screen.getByRole("button", { name: "Colonias" }));
  fireEvent.changeText(screen.getByLabelText("Buscar"), "penon");
  expect(screen.queryByText("Centro")).toBeNull();
  fireEvent.press(screen.getByRole("checkbox", { name: "Peñón" }));
  fireEvent.press(screen.getByRole("button", { name: "Listo" }));
  expect(screen.getByRole("button", { name: "Colonias: 1 elegido" })).toBeOnTheScreen();
});

test("only what may pass can be tried again", () => {
  const retry = jest.fn();
  const busy = new Problem({ status: 503, code: "store_unavailable", detail: "Ocupado." });
  const { rerender } = show(<ProblemNotice error={busy} onRetry={retry} />);
  fireEvent.press(screen.getByRole("button", { name: "Reintentar" }));
  expect(retry).toHaveBeenCalledTimes(1);
  rerender(
    <ProblemNotice
      error={new Problem({ status: 403, code: "forbidden", detail: "No." })}
      onRetry={retry}
    />,
  );
  expect(screen.queryByRole("button")).toBeNull();
});

/** WCAG 2.2's contrast ratio. */
function contrast(one: string, other: string): number {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

function luminance(color: string): number {
  const [red, green, blue] = [1, 3, 5].map((start) => {
    const part = parseInt(color.slice(start, start + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
