/**
 * "Show something": a still from the camera that the patient looks at first, takes again or throws away, and sends by
 * hand to their care team. The camera is on only while this is open; nothing is kept here once it is closed.
 */

const LONGEST_SIDE = 1600;

const at = (id) => document.getElementById(id);
const words = JSON.parse(at("words").textContent);
const dialog = at("showing");
const form = dialog.querySelector("form");
const [finder, still] = [at("finder"), at("still")];
let stream = null;
let picture = null;

async function open() {
  dialog.showModal();
  say("");
  step("look");
  try {
    // The camera at the back of a phone, for a wound or a box.
    const found = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: 1600 } });
    if (!dialog.open) return stop(found);
    stream = found;
    finder.srcObject = stream;
    at("take").disabled = false;
  } catch {
    say(words.show_no_camera);
  }
}

async function take() {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(finder.videoWidth, finder.videoHeight));
  const canvas = new OffscreenCanvas(finder.videoWidth * scale, finder.videoHeight * scale);
  canvas.getContext("2d").drawImage(finder, 0, 0, canvas.width, canvas.height);
  const taken = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 });
  if (!dialog.open) return;
  keep(taken);
  step("check");
}

async function send(event) {
  event.preventDefault();
  at("send").disabled = true;
  const body = new FormData(form);
  body.set("picture", picture, "picture.jpg");
  try {
    const answer = await fetch(form.action, { method: "POST", body });
    const { said } = await answer.json();
    say(said);
    if (answer.ok) step("sent");
  } catch {
    say(words.show_not_sent);
  }
  at("send").disabled = false;
}

function step(name) {
  dialog.dataset.step = name;
  finder.hidden = name !== "look";
  still.hidden = name === "look";
  at("take").hidden = name !== "look";
  at("take").disabled = !stream;
  at("before-sending").hidden = at("send").hidden = at("retake").hidden = name !== "check";
  at("cancel").textContent = name === "sent" ? words.show_close : words.show_cancel;
  if (name === "look") keep(null);
  if (name === "sent") dialog.querySelector(".agree")?.remove();
}

function keep(blob) {
  URL.revokeObjectURL(still.src);
  picture = blob;
  if (blob) still.src = URL.createObjectURL(blob);
  else still.removeAttribute("src");
}

function stop(one) {
  for (const track of one?.getTracks() ?? []) track.stop();
}

function closed() {
  stop(stream);
  stream = finder.srcObject = null;
  keep(null);
  form.reset();
  at("show").focus();
}

function say(text) {
  at("showing-said").textContent = text;
}

at("show").addEventListener("click", open);
at("take").addEventListener("click", take);
at("retake").addEventListener("click", () => step("look"));
at("cancel").addEventListener("click", () => dialog.close());
dialog.addEventListener("close", closed);
form.addEventListener("submit", send);
