// Renews the dynamic code on a holder's page: fetches the page again and takes the new code from it. Without this script
// the page has a link to itself.
"use strict";

const RENEW_MS = 50_000;

async function renew() {
  const shown = document.querySelector("[data-dynamic]");
  if (!shown || document.hidden) return;
  const reply = await fetch(location.href, { credentials: "same-origin" });
  if (!reply.ok || reply.redirected) return;
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  const fresh = page.querySelector("[data-dynamic]");
  // A code that was used or given away meanwhile has another page.
  if (fresh) shown.replaceWith(fresh);
  else location.reload();
}

const again = () => renew().catch(() => {});
setInterval(again, RENEW_MS);
document.addEventListener("visibilitychange", again);
