import { fireEvent, screen, waitFor } from "@testing-library/react-native";
import type { MessagingApi } from "../src/api/messagingApi";
import type { Messaging } from "../src/messaging";
import { SendView } from "../src/send/SendView";
import { apiDouble, show } from "./harness";

export const CONFIRM = "Sí, enviar";

export async function fillIn() {
  fireEvent.press(await screen.findByRole("radio", { name: /invitacion mitin/ }));
  for (const field of ["Nombre del votante", "Campaña"]) {
    const choices = screen.getAllByRole("radio", { name: field });
    fireEvent.press(choices[field === "Campaña" ? 1 : 0]!);
  }
}

export async function openDialog() {
  const button = await screen.findByRole("button", { name: "Enviar a 342 votantes" });
  await waitFor(() => expect(button).toBeEnabled());
  fireEvent.press(button);
  await screen.findByRole("button", { name: CONFIRM });
}

/** Show the view, and tell what it asked. */
export function start(answers: Partial<MessagingApi> = {}, given: Partial<Messaging> = {}) {
  const api = apiDouble(answers);
  const onSent = jest.fn();
  const view = show(<SendView onSent={onSent} />, { api, ...given });
  const sends = () => api.asked.filter(([name]) => name === "send");
  return { api, onSent, sends, view };
}
