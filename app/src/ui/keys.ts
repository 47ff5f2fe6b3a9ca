import { Platform } from "react-native";

const GROUPS = "[role=radiogroup], [role=tablist]";
const MEMBERS = "[role=radio]:not([aria-disabled=true]), [role=tab]";
const STEPS: Record<string, number> = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

/**
 * In a browser what is chosen obeys the keys that its role promises (WAI-ARIA APG, radio group and
 * tabs): space presses, arrows choose the neighbour. react-native-web itself knows Enter alone.
 */
export function keysOf(press: () => void): object {
  if (Platform.OS !== "web") return {};
  return {
    onKeyDown: (event: KeyboardEvent & { currentTarget: HTMLElement }) => {
      const step = STEPS[event.key];
      const group = event.currentTarget.closest(GROUPS);
      if (event.key === " ") {
        event.preventDefault(); // it would scroll
        press();
      } else if (step !== undefined && group !== null) {
        event.preventDefault();
        chooseNeighbour(group, event.currentTarget, step);
      }
    },
  };
}

function chooseNeighbour(group: Element, from: HTMLElement, step: number) {
  const members = Array.from(group.querySelectorAll<HTMLElement>(MEMBERS));
  const next = members[(members.indexOf(from) + step + members.length) % members.length];
  next?.focus();
  next?.click();
}
