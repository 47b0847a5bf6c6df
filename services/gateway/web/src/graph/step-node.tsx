/** A node as it is drawn: its icon, its name, its type or its state, and a handle for each of its ports. */
import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import type { StepStatus } from "../api/types.ts";
import { Glyph } from "../ui/glyph.tsx";
import { Icon } from "../ui/icons.tsx";
import { StatusBadge } from "../ui/status.tsx";
import { Plain } from "../ui/text.tsx";
import type { GraphNode } from "./definition.ts";
import { TRIGGER } from "./definition.ts";
import { portX } from "./layout.ts";
import { iconOf } from "./node-types.ts";
import { useGraphWords } from "./words.ts";

export interface StepData extends Record<string, unknown> {
  node: GraphNode;
  ports: string[];
  /** Those that lead nowhere yet are named at the node, the others on their edges. */
  freePorts: string[];
  status: StepStatus | null;
  problems: number;
}

export type StepNodeType = Node<StepData, "step">;

export function StepNode({ data, selected, isConnectable }: NodeProps<StepNodeType>) {
  const { w } = useGraphWords();
  const { node, ports, freePorts, status, problems } = data;
  const type = w.types[node.type] ?? node.type;
  const tone = status ? `is-${status.toLowerCase()}` : "";
  return (
    <div
      className={`step-node ${tone} ${selected ? "chosen" : ""} ${problems > 0 ? "faulty" : ""}`}
    >
      {node.key !== TRIGGER && (
        <Handle type="target" position={Position.Top} isConnectable={isConnectable} />
      )}
      <Glyph path={iconOf(node.type)} />
      <span className="step-words">
        <span className="step-name" dir="auto">
          {node.key === TRIGGER ? w.trigger : <Plain text={node.name} />}
        </span>{" "}
        {status ? <StatusBadge status={status} /> : <span className="step-type">{type}</span>}
      </span>
      {problems > 0 && (
        <span className="step-problems">
          <Icon name="warning" />
        </span>
      )}
      {ports.map((port, index) => (
        <Handle
          key={port}
          id={port}
          type="source"
          position={Position.Bottom}
          isConnectable={isConnectable}
          title={w.ports[port] ?? port}
          style={{ left: portX(index, ports.length) }}
        >
          {isConnectable && ports.length > 1 && freePorts.includes(port) && (
            // Drawn, but no text of its own: the node's name says what it is.
            <span className="port-name" data-name={w.ports[port] ?? port} />
          )}
        </Handle>
      ))}
    </div>
  );
}
