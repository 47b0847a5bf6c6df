/** Starts the app. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createRoot } from "react-dom/client";
import { Problem } from "./api/client.ts";
import { App } from "./app.tsx";
import { fetchWords, I18nProvider } from "./i18n/i18n.tsx";
import { readTheme } from "./i18n/preferences.ts";
import { sessionQuery } from "./session/session.tsx";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/cards.css";
import "./styles/parts.css";
import "./styles/pages.css";

const RELOADED = "flusso.reloaded";
/** The stream tells what changed, so what is cached is fresh until then. */
const STALE_MS = 30_000;
const RETRIES_MAX = 2;
/** A page that lived this long was not broken by the update that it reloaded for. */
const SETTLED_MS = 30_000;

document.documentElement.dataset.theme = readTheme();

// A page from before an update asks a newer server for a file that is gone: load the new page, once.
window.addEventListener("vite:preloadError", () => {
  if (sessionStorage.getItem(RELOADED)) return;
  sessionStorage.setItem(RELOADED, "yes");
  window.location.reload();
});

window.setTimeout(() => sessionStorage.removeItem(RELOADED), SETTLED_MS);

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: STALE_MS,
      refetchOnWindowFocus: false,
      // An answer that says no says the same again; only silence and failures are worth another try.
      retry: (failures, error) =>
        failures < RETRIES_MAX && !(error instanceof Problem && error.status < 500),
    },
  },
});

// Who this is and the words to speak in are fetched beside each other.
fetchWords();
void queries.prefetchQuery(sessionQuery);

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <QueryClientProvider client={queries}>
      <I18nProvider>
        <App />
      </I18nProvider>
    </QueryClientProvider>,
  );
}
