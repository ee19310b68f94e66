/** The page for people: a list of what came in beside one message. Everything that a sender wrote is escaped. */

import type { CaughtMessage } from './store.ts';

/** The page itself runs no script and loads nothing but the frame. */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** A message's own HTML: an opaque origin without scripts, whose pictures come from this machine only. */
export const MESSAGE_POLICY =
  "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data: http://localhost:* http://127.0.0.1:*; frame-ancestors 'self'";

const STYLE = `
  body { margin: 0; font: 15px/1.5 system-ui, sans-serif; color: #1c1c1a; background: #faf9f7 }
  header { padding: 12px 20px; border-bottom: 1px solid #ddd8cf; font-weight: 600 }
  main { display: grid; grid-template-columns: minmax(260px, 1fr) 2fr; gap: 20px; padding: 20px }
  nav a { display: block; padding: 8px 10px; color: inherit; text-decoration: none; border-radius: 6px }
  nav a:hover, nav a:focus-visible, nav a[aria-current] { background: #ece7dd }
  nav small, dt { color: #6b675f }
  nav span, nav small { display: block; overflow-wrap: anywhere }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 12px }
  dd { margin: 0; overflow-wrap: anywhere }
  iframe { width: 100%; height: 65vh; border: 1px solid #ddd8cf; background: #fff }
  pre { white-space: pre-wrap; overflow-wrap: anywhere }
  @media (max-width: 700px) { main { grid-template-columns: 1fr } }`;

export function renderPage(messages: readonly CaughtMessage[], shown: CaughtMessage | null): string {
  const list = messages.map((message) => renderEntry(message, message.id === shown?.id)).join('');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Hotshelf mail</title>
<style>${STYLE}</style>
<header>Hotshelf mail: what the shop sent from this machine</header>
<main>
<nav aria-label="Messages">${list === '' ? '<p>No message has come in yet.</p>' : list}</nav>
<article>${shown === null ? '' : renderMessage(shown)}</article>
</main>
</html>`;
}

function renderEntry({ id, subject, to, receivedAt }: CaughtMessage, isShown: boolean): string {
  return `<a href="/?id=${encodeURIComponent(id)}"${isShown ? ' aria-current="true"' : ''}>
<span>${Bun.escapeHTML(subject === '' ? '(no subject)' : subject)}</span>
<small>${Bun.escapeHTML(to.join(', '))} · ${Bun.escapeHTML(receivedAt)}</small></a>`;
}

function renderMessage({ id, subject, from, to, receivedAt, html, text }: CaughtMessage): string {
  const facts = [
    ['From', from],
    ['To', to.join(', ')],
    ['Received', receivedAt],
  ] as const;
  const frame = `<iframe sandbox title="The message as HTML" src="/messages/${encodeURIComponent(id)}/html"></iframe>`;
  return `<h1>${Bun.escapeHTML(subject)}</h1>
<dl>${facts.map(([name, value]) => `<dt>${name}</dt><dd>${Bun.escapeHTML(value)}</dd>`).join('')}</dl>
${html === null ? '' : frame}
<h2>Text</h2><pre>${Bun.escapeHTML(text)}</pre>`;
}
