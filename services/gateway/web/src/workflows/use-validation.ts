/** What the server thinks of a definition's text, a moment after the typing pauses. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { call } from "../api/client.ts";
import type { Validation } from "../api/types.ts";
import { inLanguage } from "../editor/fault-words.ts";
import type { Validation as Judged } from "../gen/api.ts";
import { isObject } from "../graph/definition.ts";
import { useI18n } from "../i18n/i18n.tsx";

export type TextFormat = "yaml" | "json";

const TYPING_MS = 400;

export async function validate(
  text: string,
  format: TextFormat,
  signal?: AbortSignal,
): Promise<Validation> {
  const body = { text, format };
  const found = await call<Judged>(
    "POST",
    "/workflows/validate",
    signal ? { body, signal } : { body },
  );
  return { ...found, definition: isObject(found.definition) ? found.definition : null };
}

export function useValidation(text: string, format: TextFormat) {
  const { language } = useI18n();
  const [settled, setSettled] = useState({ text, format });
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled({ text, format }), TYPING_MS);
    return () => window.clearTimeout(timer);
  }, [text, format]);
  const result = useQuery({
    queryKey: ["validation", language, settled.format, settled.text],
    queryFn: async ({ signal }) => {
      const found = await validate(settled.text, settled.format, signal);
      return { ...found, faults: await inLanguage(found.faults, language) };
    },
    placeholderData: keepPreviousData,
    enabled: settled.text.trim() !== "",
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const current = settled.text === text && settled.format === format;
  return {
    validation: result.data ?? null,
    checking: !current || result.isFetching,
    failed: result.isError,
  };
}
