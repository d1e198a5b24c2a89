// Scans codes with the camera, where the browser can read them. Elsewhere the button stays hidden, and a note says why.
"use strict";

const button = document.querySelector("[data-scan]");
const place = document.querySelector("[data-camera]");
const note = document.querySelector("[data-scan-note]");

function unable(reason) {
  button.hidden = true;
  place.hidden = true;
  note.textContent = note.dataset[reason];
  note.hidden = false;
}

async function canDetect() {
  if (!("BarcodeDetector" in window)) return false;
  const formats = await BarcodeDetector.getSupportedFormats().catch(() => []);
  return formats.includes("qr_code") && formats.includes("code_128");
}

async function scan() {
  const detector = new BarcodeDetector({ formats: ["qr_code", "code_128"] });
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  const video = place.querySelector("video");
  place.hidden = false;
  video.srcObject = stream;
  await video.play();
  const stop = () => stream.getTracks().forEach((track) => track.stop());
  const look = async () => {
    const found = await detector.detect(video).catch(() => []);
    if (found.length > 0) {
      stop();
      const input = document.getElementById("code");
      input.value = found[0].rawValue;
      input.form.submit();
    } else if (!place.hidden) {
      requestAnimationFrame(look);
    }
  };
  look();
}

async function offer() {
  if (!window.isSecureContext) return unable("insecure");
  if (!navigator.mediaDevices?.getUserMedia || !(await canDetect())) return unable("unable");
  note.hidden = true;
  button.hidden = false;
  button.addEventListener("click", () => scan().catch(() => unable("refused")));
}

offer();
