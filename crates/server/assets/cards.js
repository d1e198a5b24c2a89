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

// The texts of the card, by the names of their fields.
const DRAWN = ["logo_url", "brand_name", "title", "sub_title", "notice"];

function draw(input) {
  const face = document.querySelector("[data-face]");
  const key = input.name.replace("base_info.", "");
  if (!face) return;
  if (key === "color" && input.checked) {
    face.querySelector("[data-face-color]").setAttribute("fill", input.dataset.color);
    if (!face.querySelector(".face-shade")) face.className = `face ${input.dataset.ink}`;
  }
  if (!DRAWN.includes(key)) return;
  const place = face.querySelector(`[data-face-${key}]`);
  if (key === "logo_url") place.src = input.value;
  else place.textContent = input.value;
  if (key === "brand_name") {
    face.querySelector("[data-face-initial]").textContent = [...input.value.trim()][0] ?? "";
  }
}

for (const form of document.querySelectorAll("[data-card-form]")) {
  for (const input of form.querySelectorAll("[data-bytes]")) count(input);
  form.addEventListener("input", (event) => {
    if (event.target.dataset.bytes) count(event.target);
    // A picture is fetched when its address is complete.
    if (event.target.name !== "base_info.logo_url") draw(event.target);
  });
  form.addEventListener("change", (event) => draw(event.target));
}
