/** A clinician joins a running call. */

import { Captions } from "./captions.js";
import { Connection } from "./connection.js";
import { camera, microphone } from "./devices.js";

const root = document.getElementById("call");
const words = JSON.parse(document.getElementById("words").textContent);
const at = (id) => document.getElementById(id);

const connection = new Connection(root.dataset.socket);
const captions = new Captions(root, words, root.dataset.page);
const remote = new MediaStream();
let mic = null;
let picture = null;

function trouble(text) {
  at("trouble").hidden = !text;
  at("trouble").textContent = text ?? "";
}

async function join(withPicture) {
  for (const id of ["join", "join-sound"]) at(id).disabled = true;
  mic = await microphone().catch(() => null);
  picture = withPicture ? await camera().catch(() => null) : null;
  connection.microphone = mic;
  connection.picture = picture;
  root.querySelector(".ready").hidden = true;
  root.querySelector(".stage").hidden = false;
  at("face").srcObject = remote;
  at("microphone").disabled = !mic;
  showSelf(Boolean(picture));
  connection.start();
}

function showSelf(on) {
  at("self").hidden = !on;
  at("self").srcObject = on ? new MediaStream([picture]) : null;
  at("camera").setAttribute("aria-pressed", String(on));
  at("camera").textContent = on ? words.camera_off : words.camera_on;
}

async function toggleCamera() {
  const on = at("camera").getAttribute("aria-pressed") !== "true";
  picture ??= await camera().catch(() => null);
  if (!picture) return;
  showSelf(on);
  await connection.usePicture(on ? picture : null);
}

function toggleMicrophone() {
  mic.enabled = !mic.enabled;
  at("microphone").setAttribute("aria-pressed", String(mic.enabled));
  at("microphone").textContent = mic.enabled ? words.mute : words.unmute;
}

function toldBy(message) {
  if (message.type === "caption") captions.show(message);
  else if (message.type === "cut") captions.cut(message.text);
  else if (message.type === "trouble") trouble(words[message.code]);
}

function stateChanged(state) {
  at("state").textContent = words[state] ?? "";
  if (state === "connected") trouble(mic ? "" : words.no_microphone);
}

function leave() {
  for (const track of [mic, picture]) track?.stop();
  location.assign(root.dataset.transcript);
}

function handBack() {
  connection.wish("back");
  connection.close();
  leave();
}

at("join").addEventListener("click", () => join(true));
at("join-sound").addEventListener("click", () => join(false));
at("microphone").addEventListener("click", toggleMicrophone);
at("camera").addEventListener("click", toggleCamera);
at("back").addEventListener("click", handBack);
at("end").addEventListener("click", () => at("really").showModal());
at("really").addEventListener("close", () => at("really").returnValue === "end" && connection.wish("end"));
connection.addEventListener("message", ({ detail }) => toldBy(detail));
connection.addEventListener("state", ({ detail }) => stateChanged(detail));
connection.addEventListener("ended", leave);
connection.addEventListener("track", ({ detail }) => {
  for (const old of remote.getTracks().filter((one) => one.kind === detail.kind)) remote.removeTrack(old);
  remote.addTrack(detail);
});
