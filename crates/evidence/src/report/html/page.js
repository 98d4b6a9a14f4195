"use strict";
// Tables sort by their heads; marks of plots tell their values. Nothing is readable only with this.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    const value = (row) => {
      const cell = row.cells[column];
      return cell.dataset.sort ?? cell.textContent;
    };
    button.addEventListener("click", () => {
      const falling = head.getAttribute("aria-sort") === "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", falling ? "descending" : "ascending");
      const rows = [...body.rows].sort((a, b) => {
        const [one, two] = [value(a), value(b)];
        if (one === "" || two === "") return (one === "") - (two === "");
        const [x, y] = [Number(one), Number(two)];
        const order = Number.isNaN(x) || Number.isNaN(y) ? one.localeCompare(two) : x - y;
        return falling ? -order : order;
      });
      body.append(...rows);
    });
  });
}

const tip = document.createElement("div");
tip.id = "tip";
tip.hidden = true;
tip.setAttribute("aria-hidden", "true");
document.body.append(tip);
for (const title of document.querySelectorAll("figure circle > title, figure rect > title")) {
  title.parentNode.dataset.says = title.textContent;
  title.remove();
}
const near = (plot, x, y) => {
  let [best, least] = [null, 14];
  for (const dot of plot.querySelectorAll("circle[data-says]")) {
    const box = dot.getBoundingClientRect();
    const off = Math.hypot(box.x + box.width / 2 - x, box.y + box.height / 2 - y);
    if (off < least) [best, least] = [dot, off];
  }
  return best;
};
for (const plot of document.querySelectorAll("figure svg")) {
  const show = (event) => {
    const { clientX: x, clientY: y } = event;
    const mark = event.target.closest("rect[data-says]") ?? near(plot, x, y);
    tip.hidden = !mark;
    if (!mark) return;
    tip.textContent = mark.dataset.says;
    const { width, height } = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - width - 4))}px`;
    tip.style.top = `${y + 18 + height > innerHeight ? y - height - 10 : y + 18}px`;
  };
  plot.addEventListener("pointermove", show);
  plot.addEventListener("pointerdown", show);
  plot.addEventListener("pointerleave", () => { tip.hidden = true; });
}
addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });
addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details")) part.open = true;
});
