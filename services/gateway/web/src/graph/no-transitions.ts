/**
 * Stands for d3-transition in the build (see vite.config.ts). The canvas never moves by itself: it jumps to where it is wanted,
 * also for people who asked for less motion. So there is nothing to interrupt, which is all that d3-zoom wants of it.
 */
import { selection } from "d3-selection";

export function interrupt(): void {
  // Nothing is ever under way.
}

selection.prototype.interrupt = function (this: unknown) {
  return this;
};
