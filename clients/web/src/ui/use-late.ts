import { useEffect, useState } from "react";

/** Whether something has been so for this long. */
export function useLate(so: boolean, ms: number): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!so) return setLate(false);
    const timer = setTimeout(() => setLate(true), ms);
    return () => clearTimeout(timer);
  }, [so, ms]);
  return late;
}
