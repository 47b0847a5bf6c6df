/** Runs at once, then at most once per interval however often it is asked, and once more after the last asking. */
export function coalesced(work: () => Promise<void>, intervalMs: number): () => void {
  let wanted = false;
  let running = false;
  const run = async () => {
    running = true;
    while (wanted) {
      wanted = false;
      await work();
      await new Promise((resolve) => setTimeout(resolve, intervalMs));
    }
    running = false;
  };
  return () => {
    wanted = true;
    if (!running) void run();
  };
}
