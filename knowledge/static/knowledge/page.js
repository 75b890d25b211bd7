/** Brings the marked words into view. */

document.querySelector("mark, .page-mark")?.scrollIntoView({ block: "center" });
