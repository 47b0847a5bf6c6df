/** Where deliveries go, ready to copy. */
import { useT } from "../i18n/i18n.tsx";
import { CopyButton } from "../ui/copy.tsx";

export function WebhookAddress({ path }: { path: string }) {
  const t = useT();
  const address = new URL(path, window.location.origin).href;
  return (
    <p className="row webhook">
      <span className="muted">{t.editor.webhook}</span>
      <code className="secret">{address}</code>
      <CopyButton text={address} />
    </p>
  );
}
