/** What we talked about: printing. */

document.querySelector("[data-print]")?.addEventListener("click", () => window.print());
