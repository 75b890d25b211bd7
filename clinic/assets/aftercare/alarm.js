/** Announces an emergency once: by sound, where the browser allows it, and by words. */

const TOLD = "aftercare.told";
const told = new Set(JSON.parse(sessionStorage.getItem(TOLD) ?? "[]"));
const box = document.getElementById("announcement");
let audio = null;
let owed = false; // an emergency came before the browser let us make a sound

/** Two falling tones, twice, soft at the edges: heard across a room, no siren. */
function chime() {
  const start = audio.currentTime + 0.05;
  [880, 660, 880, 660].forEach((pitch, at) => {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    const begin = start + at * 0.28;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0, begin);
    volume.gain.linearRampToValueAtTime(0.35, begin + 0.02);
    volume.gain.linearRampToValueAtTime(0, begin + 0.25);
    tone.connect(volume).connect(audio.destination);
    tone.start(begin);
    tone.stop(begin + 0.26);
  });
}

function sound() {
  if (audio?.state === "running") chime();
  else owed = true;
}

export function announce({ id, title }) {
  if (told.has(id)) return;
  told.add(id);
  sessionStorage.setItem(TOLD, JSON.stringify([...told].slice(-500)));
  box.textContent = box.dataset.words.replace("{who}", title);
  box.dataset.count = Number(box.dataset.count ?? 0) + 1;
  sound();
}

/** Browsers make no sound before someone has touched the page: any key or press turns it on. */
export function prepareSound(button) {
  const show = () => {
    button.hidden = false;
    button.textContent = audio?.state === "running" ? button.dataset.on : button.dataset.off;
    button.disabled = audio?.state === "running";
  };
  const wake = async () => {
    audio ??= new AudioContext();
    await audio.resume();
    show();
    if (owed && audio.state === "running") (owed = false), chime();
    if (audio.state === "running") for (const kind of ["pointerdown", "keydown"]) document.removeEventListener(kind, wake);
  };
  for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, wake);
  show();
}
