// SPDX-License-Identifier: GPL-2.0-only
// Runs in a page around the report's: counts what is drawn and finds what is
// laid out badly. The result is JSON in the element "result".
function overlapping(texts) {
  const boxes = texts.map(t => t.getBoundingClientRect()).filter(b => b.width)
    .sort((a, b) => a.left - b.left);
  return boxes.some((b, i) => i && b.left < boxes[i - 1].right && b.top < boxes[i - 1].bottom &&
    boxes[i - 1].top < b.bottom);
}

function measure(doc) {
  const all = selector => [...doc.querySelectorAll(selector)];
  const count = {};
  for (const [name, selector] of Object.entries({
    inc: ".timeline .inc", lane: ".timeline .lane:not(.axis)", slice: ".slice", cell: ".slice rect",
    mark: ".cells .mark", cdf: ".cdf", anatomy: ".anatomy", incident_rows: ".incidents tbody tr",
    device_rows: ".devices tbody tr", alert: ".alert", lost: ".alert.lost", folded: "details tbody tr",
    landing_open: ".now .incident", landing_last: ".last .incident", landing_armed: ".alert.armed", landing_bad: ".devices .bad",
    empty: ".empty", injected: ".timeline .inc .injected", gap: ".timeline .inc .gap",
    spans: ".timeline .inc rect:not(.flag):not(.gap)", foreign: "script, img, link, iframe, object, h1 h1, b[onclick]",
  })) count[name] = all(selector).length;

  const problems = [];
  const width = doc.documentElement.clientWidth;
  if (doc.documentElement.scrollWidth > width)
    problems.push(`the page is ${doc.documentElement.scrollWidth} px wide, the window ${width}`);
  for (const svg of all(".axis svg, .plot, .heat .who svg"))
    if (overlapping([...svg.querySelectorAll("text")]))
      problems.push("labels of an axis overlap");
  for (const track of all(".track")) {
    const lane = track.getBoundingClientRect();
    for (const rect of track.querySelectorAll(".inc rect:not(.flag)")) {
      const box = rect.getBoundingClientRect();
      if (box.left < lane.left - 1 || box.right > lane.right + 1 || !box.height)
        problems.push("a span outside its lane");
    }
    for (const flag of track.querySelectorAll(".flag"))
      if (flag.getBoundingClientRect().width < 1.5) problems.push("an incident that cannot be seen");
  }
  // Time goes the same way in the lanes and in the heat map below
  const track = doc.querySelector(".track"), cells = doc.querySelector(".cells");
  if (track && cells && Math.abs(track.getBoundingClientRect().left - cells.getBoundingClientRect().left) > 1)
    problems.push("the lanes and the heat map do not stand below each other");
  for (const card of all(".card .value"))
    if (card.scrollWidth > card.clientWidth + 1) problems.push(`'${card.textContent}' does not fit its card`);
  for (const td of all(".devices td"))
    if (td.scrollWidth > td.clientWidth + 1) problems.push(`'${td.textContent}' does not fit`);
  for (const a of all('a[href^="#"]'))
    if (!doc.getElementById(a.getAttribute("href").slice(1))) problems.push(`${a.getAttribute("href")} leads nowhere`);
  return { title: doc.title, h1: doc.querySelector("h1").textContent, text: doc.body.textContent,
           count, problems: [...new Set(problems)] };
}

// The window is loaded when the frame in it is
window.addEventListener("load", () => {
  const result = document.createElement("pre");
  result.id = "result";
  result.textContent = JSON.stringify(measure(document.querySelector("iframe").contentDocument));
  document.body.append(result);
});
