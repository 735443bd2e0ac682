import { type PointerEvent, useRef } from "react";
import type { MenuAnchor } from "../ui/Menu";

const PRESS_MS = 450;
/** A finger that moves this far scrolls. */
const STILL_PX = 10;

/** Calls back when a finger rests on an element: not every browser makes that a context menu. */
export function useLongPress(onPress: (anchor: MenuAnchor) => void) {
  const timer = useRef(0);
  const from = useRef({ x: 0, y: 0 });
  const stop = () => clearTimeout(timer.current);
  return {
    onPointerDown: (event: PointerEvent) => {
      if (event.pointerType !== "touch") return;
      const anchor = { x: event.clientX, y: event.clientY };
      from.current = anchor;
      stop();
      timer.current = window.setTimeout(() => onPress(anchor), PRESS_MS);
    },
    onPointerMove: ({ clientX, clientY }: PointerEvent) => {
      if (Math.hypot(clientX - from.current.x, clientY - from.current.y) > STILL_PX) stop();
    },
    onPointerUp: stop,
    onPointerCancel: stop,
  };
}
