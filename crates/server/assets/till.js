// Scans codes with the camera, where the browser can read them. Without it, or without a camera, codes are typed.
"use strict";

const button = document.querySelector("[data-scan]");
const place = document.querySelector("[data-camera]");

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

if ("BarcodeDetector" in window && navigator.mediaDevices) {
  button.hidden = false;
  button.addEventListener("click", () => {
    scan().catch(() => {
      place.hidden = true;
      button.hidden = true;
    });
  });
}
