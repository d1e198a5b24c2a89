// The form of a card: counts bytes as the server does, in UTF-8, and draws what is typed on the card beside it. The form
// works without this script.
"use strict";

const encoder = new TextEncoder();

function count(input) {
  const max = Number(input.dataset.bytes);
  const place = input.parentElement.querySelector("[data-count]");
  if (!place) return;
  // A form sends line breaks as two bytes, and the server counts them as one.
  const bytes = encoder.encode(input.value.replace(/\r\n/g, "\n")).length;
  place.textContent = ` · ${bytes} / ${max}`;
  place.classList.toggle("too-long", bytes > max);
}

function draw(form, input) {
  const face = document.querySelector("[data-face]");
  const key = input.dataset.preview.replace("base_info.", "");
  if (!face) return;
  if (key === "color") {
    if (input.checked) face.className = `face ${input.value}`;
    return;
  }
  const place = face.querySelector(`[data-face-${key}]`);
  if (!place) return;
  if (place.tagName === "IMG") place.src = input.value;
  else place.textContent = input.value;
}

for (const form of document.querySelectorAll("[data-card-form]")) {
  for (const input of form.querySelectorAll("[data-bytes]")) count(input);
  form.addEventListener("input", (event) => {
    if (event.target.dataset.bytes) count(event.target);
    if (event.target.dataset.preview) draw(form, event.target);
  });
}
