// Keeps today's figures up to date with server-sent events. Without it the page shows them as they were when it was
// loaded.
"use strict";

const place = document.querySelector("[data-live]");

if (place && "EventSource" in window) {
  const source = new EventSource(place.dataset.live);
  source.addEventListener("message", (event) => {
    const figures = JSON.parse(event.data);
    for (const [name, value] of Object.entries(figures)) {
      const figure = place.querySelector(`[data-figure="${name}"]`);
      if (figure && figure.textContent !== value) figure.textContent = value;
    }
  });
  // A connection that is left open would keep others of the browser waiting.
  addEventListener("pagehide", () => source.close());
}
