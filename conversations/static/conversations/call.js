/** The call page: getting ready, then the call. */

import { Captions } from "./captions.js";
import { Connection } from "./connection.js";
import { camera, microphone, watchLevel } from "./devices.js";
import { hearFirstSound, measure } from "./stats.js";

const root = document.getElementById("call");
const words = JSON.parse(document.getElementById("words").textContent);
const at = (id) => document.getElementById(id);

const connection = new Connection(root.dataset.socket);
const captions = new Captions(root, words, root.dataset.page);
const remote = new MediaStream();
let mic = null;
let picture = null;
let stopLevel = () => {};
let slow = 0;
const typeHere = at("typed-label").textContent;
let corrects = false; // what is typed stands for what was misheard
let colleague = ""; // of the care team, while they are here
const noticing = at("noticing") && import("./perception/noticing.js");
const drawn = at("drawn"); // there if the face may be drawn here
let edge = null;
const eyes = noticing?.then(({ Noticing }) => new Noticing(at("noticing"), words, connection));

// -- getting ready ------------------------------------------------------------

async function findMicrophone() {
  try {
    mic = await microphone();
    at("microphone-state").textContent = words.microphone_fine;
    stopLevel = watchLevel(mic, (level) => (at("level").value = level));
  } catch {
    at("microphone-state").textContent = words.no_microphone;
  }
}

async function findCamera() {
  try {
    picture = await camera();
    at("mirror").srcObject = new MediaStream([picture]);
    at("mirror-off").hidden = true;
    at("camera-state").textContent = words.camera_fine;
  } catch {
    at("camera-state").textContent = words.no_camera;
  }
}

async function check() {
  at("check").disabled = true;
  if (!mic) await findMicrophone();
  if (!picture) await findCamera();
  at("check").disabled = Boolean(mic && picture);
}

async function join() {
  at("join").disabled = true;
  if (!mic) await findMicrophone();
  stopLevel();
  connection.microphone = mic;
  root.dataset.step = "call";
  root.querySelector(".ready").hidden = true;
  root.querySelector(".stage").hidden = false;
  document.documentElement.classList.add("in-call");
  at("face").srcObject = remote;
  if (picture) showSelf(true);
  else eyes?.then((one) => one.use(null));
  if (!mic) {
    trouble(words.no_microphone);
    at("microphone").disabled = true;
    showTyping(true);
  }
  connection.drawsFace = Boolean(drawn);
  connection.start();
  if (drawn) drawHere();
  measure(connection);
  window.addEventListener("beforeunload", stay);
}

// -- in the call ----------------------------------------------------------------

function trouble(text) {
  at("trouble").hidden = !text;
  at("trouble").textContent = text ?? "";
}

function showTyping(open) {
  corrects = false;
  at("typed-label").textContent = typeHere;
  at("type-form").hidden = !open;
  at("type").setAttribute("aria-expanded", String(open));
  if (open) at("typed").focus();
}

/** What was understood, to be put right; it is said again as it should have been heard. */
function correct() {
  showTyping(true);
  corrects = true;
  at("typed-label").textContent = words.correct_here;
  at("typed").value = captions.patient.textContent;
  at("typed").select();
}

function showSelf(on) {
  at("self").hidden = !on;
  at("self").srcObject = on ? new MediaStream([picture]) : null;
  eyes?.then((one) => one.use(on ? picture : null));
  at("camera").setAttribute("aria-pressed", String(on));
  at("camera").textContent = on ? words.camera_off : words.camera_on;
  sendPicture();
}

/** The patient's switch, before and during the call. Server video stays until this device has shown that it can draw. */
async function drawHere() {
  const wanted = at("draw-here").checked;
  if (!wanted) return edge?.stop();
  if (!edge) {
    const { EdgeFace } = await import("./face/edge.js");
    edge = new EdgeFace(drawn, connection);
    drawn.addEventListener("gave-up", cannotDraw);
  }
  if (!(await edge.start())) cannotDraw();
}

function cannotDraw() {
  at("draw-here").checked = false;
}

/** Our picture leaves this device only while somebody of the care team is here, and the camera is on. */
function sendPicture() {
  const shown = Boolean(colleague) && at("camera").getAttribute("aria-pressed") === "true";
  connection.usePicture(shown ? picture : null);
  at("self").setAttribute("aria-label", colleague ? words.self_seen.replace("{name}", colleague) : words.self_unseen);
}

function colleagueChanged({ state, name }) {
  if (state === "seen") return root.querySelector(".face").classList.add("person-seen");
  colleague = state === "here" ? name : "";
  root.querySelector(".face").classList.toggle("with-person", Boolean(colleague));
  root.querySelector(".face").classList.remove("person-seen");
  at("badge").textContent = colleague ? words.with_person.replace("{name}", colleague) : words.assistant_badge;
  at("person").hidden = Boolean(colleague);
  sendPicture();
}

function stay(event) {
  event.preventDefault();
}

function toldBy(message) {
  if (message.type === "caption") captions.show(message);
  else if (message.type === "cut") captions.cut(message.text);
  else if (message.type === "timing") hearFirstSound(connection, message.turn);
  else if (message.type === "floor") floor(message.floor);
  else if (message.type === "escalated") trouble(message.severity === "emergency" ? words.emergency : words.urgent);
  else if (message.type === "colleague") colleagueChanged(message);
  else if (message.type === "trouble") trouble(words[message.code]);
}

function floor(who) {
  root.querySelector(".face").dataset.floor = who;
  at("floor").textContent = words[who];
}

function stateChanged(state) {
  clearTimeout(slow);
  root.dataset.connection = state;
  if (state === "connected") return trouble(mic ? "" : words.no_microphone);
  if (state === "ended") return;
  trouble(words[state]);
  slow = setTimeout(() => trouble(words.slow), 10_000);
}

function finish() {
  window.removeEventListener("beforeunload", stay);
  for (const track of [mic, picture]) track?.stop();
  location.assign(root.dataset.after);
}

async function toggleCamera() {
  const on = at("camera").getAttribute("aria-pressed") !== "true";
  if (on && !picture) await findCamera();
  if (on && !picture) return trouble(words.no_camera);
  showSelf(on);
}

function toggleMicrophone() {
  mic.enabled = !mic.enabled;
  at("microphone").setAttribute("aria-pressed", String(mic.enabled));
  at("microphone").textContent = mic.enabled ? words.mute : words.unmute;
  trouble(mic.enabled ? "" : words.microphone_off);
}

function say(event) {
  event.preventDefault();
  const text = at("typed").value.trim();
  if (!text) return;
  connection.send({ type: "typed", text, corrects });
  at("typed").value = "";
  if (corrects) showTyping(false);
}

at("check").addEventListener("click", check);
at("join").addEventListener("click", join);
at("draw-here")?.addEventListener("change", () => root.dataset.step === "call" && drawHere());
at("person").addEventListener("click", () => connection.send({ type: "person" }));
at("microphone").addEventListener("click", toggleMicrophone);
at("camera").addEventListener("click", toggleCamera);
at("type").addEventListener("click", () => showTyping(at("type-form").hidden));
at("type-form").addEventListener("submit", say);
at("misheard").addEventListener("click", correct);
at("end").addEventListener("click", () => at("really").showModal());
at("really").addEventListener("close", () => at("really").returnValue === "end" && connection.leave());
root.querySelector(".stop-now").addEventListener("submit", () => window.removeEventListener("beforeunload", stay));
connection.addEventListener("message", ({ detail }) => toldBy(detail));
connection.addEventListener("state", ({ detail }) => stateChanged(detail));
connection.addEventListener("ended", finish);
connection.addEventListener("track", ({ detail }) => {
  for (const old of remote.getTracks().filter((one) => one.kind === detail.kind)) remote.removeTrack(old);
  remote.addTrack(detail);
});
