import { useEffect, useState } from "react";

/** `value` once it has stayed the same for `milliseconds`. Compared as JSON: it is what is asked. */
export function useSettled<Value>(value: Value, milliseconds: number): Value {
  const [settled, setSettled] = useState(value);
  const said = JSON.stringify(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(JSON.parse(said) as Value), milliseconds);
    return () => clearTimeout(timer);
  }, [said, milliseconds]);
  return settled;
}
