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
  // The count is of use near the limit only.
  place.textContent = bytes * 4 > max * 3 ? ` · ${bytes} / ${max}` : "";
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

// The kinds of window in which each value is used.
const TERMS = {
  begin_timestamp: ["DATE_TYPE_FIX_TIME_RANGE"],
  end_timestamp: ["DATE_TYPE_FIX_TIME_RANGE", "DATE_TYPE_FIX_TERM"],
  fixed_term: ["DATE_TYPE_FIX_TERM"],
  fixed_begin_term: ["DATE_TYPE_FIX_TERM"],
};

function showWindow(form) {
  const kind = form.elements["base_info.date_info.type"];
  if (!kind) return;
  for (const [key, kinds] of Object.entries(TERMS)) {
    const input = form.elements[`base_info.date_info.${key}`];
    if (input) input.closest(".field").hidden = !kinds.includes(kind.value);
  }
}

for (const form of document.querySelectorAll("[data-card-form]")) {
  showWindow(form);
  form.addEventListener("change", () => showWindow(form));
  for (const input of form.querySelectorAll("[data-bytes]")) count(input);
  form.addEventListener("input", (event) => {
    if (event.target.dataset.bytes) count(event.target);
    // A picture is fetched when its address is complete.
    if (event.target.name !== "base_info.logo_url") draw(event.target);
  });
  form.addEventListener("change", (event) => draw(event.target));
}
