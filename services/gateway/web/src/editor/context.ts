/** What the fields of a panel need to know beside their own value. */
import { createContext, useContext } from "react";
import type { Fault } from "../api/types.ts";
import type { Variable } from "./variables.ts";

export interface PanelContext {
  faults: Fault[];
  variables: Variable[];
  /** Whether a run has shown values. */
  previewed: boolean;
}

export const Panels = createContext<PanelContext>({ faults: [], variables: [], previewed: false });

/** The faults at a path, or below it. */
export function useFaults(path: string): Fault[] {
  const { faults } = useContext(Panels);
  return faults.filter((fault) => fault.path === path || fault.path.startsWith(`${path}/`));
}
