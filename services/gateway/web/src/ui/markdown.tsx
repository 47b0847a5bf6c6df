/**
 * Markdown without HTML. The text may come from outside, so nothing of it ever becomes markup by itself: `marked` only
 * reads it into tokens, and each kind of token that is known becomes a React element; whatever else stays text.
 */
import { Lexer, type Token, type Tokens } from "marked";
import { Fragment, memo, type ReactNode } from "react";
import { useT } from "../i18n/i18n.tsx";
import { decodeEntities } from "./entities.ts";
import { AsWritten, Plain } from "./text.tsx";

/** Longer texts are shown as they are: laying out their markup would block the page. */
const LENGTH_MAX = 50_000;
/** Nothing that a person wrote to be read nests deeper. */
const DEPTH_MAX = 12;

const SAFE_PROTOCOLS = new Set(["http:", "https:", "mailto:"]);

export default memo(function Markdown({ text }: { text: string }) {
  const tokens = read(text);
  if (tokens === null) return <AsWritten text={text} />;
  return (
    <div className="markdown" dir="auto">
      <Inner tokens={tokens} depth={0} />
    </div>
  );
});

function read(text: string): Token[] | null {
  if (text.length > LENGTH_MAX) return null;
  try {
    return new Lexer({ gfm: true }).lex(text);
  } catch {
    // Nesting too deep for the reader: the plain text says the same.
    return null;
  }
}

/** The address if it may be followed, else null. */
export function safeHref(href: string): string | null {
  try {
    const url = new URL(decodeEntities(href));
    return SAFE_PROTOCOLS.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

function Inner({ tokens, depth }: { tokens: Token[]; depth: number }): ReactNode {
  return tokens.map((token, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the tokens of a text never move
    <Fragment key={index}>
      {isBareAddress(token) && !mayLink(token, tokens[index - 1]) ? (
        <Plain text={token.raw} />
      ) : (
        element(token as Tokens.Generic, depth + 1)
      )}
    </Fragment>
  ));
}

/** An address in running text, without brackets around it. */
function isBareAddress(token: Token): token is Tokens.Link {
  return token.type === "link" && token.autolink === true && !token.raw.startsWith("<");
}

/**
 * GFM links a bare address only where a word could begin; `marked` does so anywhere, and mail addresses too. What a variable
 * brings in is escaped by that rule, so here it is held.
 */
function mayLink(token: Tokens.Link, before: Token | undefined): boolean {
  return !token.href.startsWith("mailto:") && /(?:^|[\s*_~(])$/.test(before?.raw ?? "");
}

function element(token: Tokens.Generic, depth: number): ReactNode {
  if (depth > DEPTH_MAX) return <Plain text={token.raw} />;
  const inner = () =>
    token.tokens ? <Inner tokens={token.tokens} depth={depth} /> : <Words text={token.text} />;
  switch (token.type) {
    case "paragraph":
      return <p dir="auto">{inner()}</p>;
    case "text":
      return inner();
    case "escape":
      return <Plain text={token.text} />;
    case "strong":
      return <strong>{inner()}</strong>;
    case "em":
      return <em>{inner()}</em>;
    case "del":
      return <del>{inner()}</del>;
    case "br":
      return <br />;
    case "hr":
      return <hr />;
    case "heading":
      // Not h1 to h6: a prompt must not change the outline of the page around it.
      return (
        <p className="markdown-heading" dir="auto">
          {inner()}
        </p>
      );
    case "blockquote":
      return <blockquote dir="auto">{inner()}</blockquote>;
    case "codespan":
      return (
        <code>
          <Plain text={token.text} />
        </code>
      );
    case "code":
      return (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways, so the keyboard must reach it
        <pre tabIndex={0} dir="ltr">
          <Plain text={token.text} />
        </pre>
      );
    case "link":
      return <SafeLink token={token as Tokens.Link}>{inner()}</SafeLink>;
    case "image":
      return (
        <SafeLink token={token as Tokens.Image}>
          {<Words text={token.text || token.href} />}
        </SafeLink>
      );
    case "list":
      return <List token={token as Tokens.List} depth={depth} />;
    case "checkbox":
      return (token as Tokens.Checkbox).checked ? "☑ " : "☐ ";
    case "table":
      return <Table token={token as Tokens.Table} depth={depth} />;
    case "space":
    case "def":
      return null;
    default:
      return <Plain text={token.raw} />;
  }
}

function Words({ text }: { text: string }) {
  return <Plain text={decodeEntities(text)} />;
}

/** Images become links too: loading one would tell a stranger who reads the task, and when. */
function SafeLink({ token, children }: { token: Tokens.Link | Tokens.Image; children: ReactNode }) {
  const t = useT();
  const href = safeHref(token.href);
  if (href === null) return <Plain text={token.raw} />;
  const url = new URL(href);
  const where = url.protocol === "mailto:" ? url.pathname : url.host;
  const says = token.text.includes(where);
  return (
    <a
      href={href}
      target="_blank"
      rel="noopener noreferrer nofollow"
      title={t.common.external(where)}
    >
      {children}
      {!says && <span className="link-host"> ({where})</span>}
    </a>
  );
}

function List({ token, depth }: { token: Tokens.List; depth: number }) {
  const items = token.items.map((item, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the items of a text never move
    <li key={index} dir="auto">
      <Inner tokens={item.tokens} depth={depth} />
    </li>
  ));
  if (!token.ordered) return <ul>{items}</ul>;
  return <ol start={token.start === "" ? 1 : token.start}>{items}</ol>;
}

function Table({ token, depth }: { token: Tokens.Table; depth: number }) {
  const cell = (content: Tokens.TableCell) => <Inner tokens={content.tokens} depth={depth} />;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways, so the keyboard must reach it
    <div className="scroller" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {token.header.map((content, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the cells of a text never move
              <th key={index} scope="col">
                {cell(content)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {token.rows.map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the rows of a text never move
            <tr key={index}>
              {row.map((content, column) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the cells of a text never move
                <td key={column}>{cell(content)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
