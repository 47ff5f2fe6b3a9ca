import { act, fireEvent, render, screen, waitFor } from "@testing-library/react-native";
import { MessagingScreen } from "../src/MessagingScreen";
import type { Job } from "../src/api/messagingApi";
import * as examples from "./examples";
import { apiDouble, memoryStorage } from "./harness";

// What a phone knows at its start; a test has none.
jest.mock("react-native-safe-area-context", () => ({
  ...jest.requireActual<object>("react-native-safe-area-context"),
  initialWindowMetrics: {
    frame: { x: 0, y: 0, width: 390, height: 844 },
    insets: { top: 0, left: 0, right: 0, bottom: 0 },
  },
}));

type Announce = (jobId: string) => void;

test("announced changes are shown although each comes before the answer to the last", async () => {
  jest.useFakeTimers();
  let announce: Announce = () => {};
  let sent = 0;
  const answerLate = (job: Job) =>
    new Promise<Job>((resolve) => setTimeout(() => resolve(job), 1_200));
  const api = apiDouble({ getJob: () => answerLate(examples.job({ sent_count: sent })) });
  const view = render(
    <MessagingScreen
      api={api}
      campaignId={examples.CAMPAIGN}
      userId={examples.USER}
      storage={memoryStorage()}
      watch={(_, onChange, onLive) => {
        announce = onChange;
        onLive(true);
        return () => {};
      }}
    />,
  );
  fireEvent.press(screen.getByRole("tab", { name: "Envíos" }));
  fireEvent.press(await screen.findByRole("button", { name: /invitacion mitin/ }));
  for (let second = 0; second < 8; second += 1) {
    sent += 10;
    act(() => announce(examples.job().job_id));
    await act(() => jest.advanceTimersByTimeAsync(1_000));
  }
  expect(screen.getByText(/^Enviados: [3-8]0$/)).toBeOnTheScreen();
  view.unmount();
  jest.useRealTimers();
});

test("a view that fails says so, and leaves the others", async () => {
  const complaints = jest.spyOn(console, "error").mockImplementation(() => {});
  const broken = { ...examples.template(), buttons: null as unknown as [] };
  const api = apiDouble({ listTemplates: () => Promise.resolve([broken]) });
  render(
    <MessagingScreen
      api={api}
      campaignId={examples.CAMPAIGN}
      userId={examples.USER}
      storage={memoryStorage()}
    />,
  );
  fireEvent.press(screen.getByRole("tab", { name: "Plantillas" }));
  expect(await screen.findByText(/^Algo falló en esta pantalla/)).toBeOnTheScreen();
  fireEvent.press(screen.getByRole("tab", { name: "Envíos" }));
  await waitFor(() => expect(screen.getByText(/enviados/)).toBeOnTheScreen());
  complaints.mockRestore();
});
