/** Several controls under one name, with what is wrong with them as a whole. */
import type { ReactNode } from "react";
import { Plain } from "../ui/text.tsx";
import { useFaults } from "./context.ts";
import { Help } from "./help.tsx";

interface Props {
  label: string;
  path: string;
  help?: string;
  children: ReactNode;
}

export function GroupFrame({ label, path, help, children }: Props) {
  const faults = useFaults(path).filter((fault) => fault.path === path);
  return (
    <fieldset className="group">
      <legend>{label}</legend>
      {help && (
        <p className="help">
          <Help text={help} />
        </p>
      )}
      {faults.map((fault) => (
        <p key={fault.code} className="fault">
          <Plain text={fault.message} />
        </p>
      ))}
      {children}
    </fieldset>
  );
}
