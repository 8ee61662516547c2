"""The style sheet of the HTML report: system fonts, and one colour, which means NET_RAW wherever it appears."""

from __future__ import annotations

_LIGHT = """
  color-scheme: light;
  --page: #ffffff; --panel: #f5f6f8; --line: #dfe3e8; --bar: #e9ecf0; --stop: #79828f;
  --ink: #15181d; --soft: #565e6b; --accent: #b5103c; --on-accent: #ffffff; --wash: #fdeef2;
"""
_DARK = """
  color-scheme: dark;
  --page: #101216; --panel: #181b21; --line: #2c323b; --bar: #262b33; --stop: #8a94a3;
  --ink: #e9ebef; --soft: #a2abb9; --accent: #ff8fa9; --on-accent: #2b030d; --wash: #2d1820;
"""

STYLE = (
    f":root {{{_LIGHT}}}\n"
    f"@media screen and (prefers-color-scheme: dark) {{ :root {{{_DARK}}} }}\n"
    f"@media screen {{ :root[data-theme=light] {{{_LIGHT}}} :root[data-theme=dark] {{{_DARK}}} }}\n"
    """
*, *::before, *::after { box-sizing: border-box; }
html { background: var(--page); -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 0 clamp(1rem, 4vw, 3rem) 4rem; max-width: 92rem; color: var(--ink);
  font: 400 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif;
  overflow-wrap: anywhere; font-variant-numeric: tabular-nums;
}
code, pre { font-family: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .86em; }
a { color: inherit; text-decoration-color: var(--stop); text-underline-offset: .2em; }
a:hover { text-decoration-color: currentcolor; text-decoration-thickness: 2px; }
:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; border-radius: 3px; }
h1, h2, h3 { line-height: 1.2; letter-spacing: -.015em; text-wrap: balance; margin: 0; }
h1 { font-size: clamp(1.75rem, 1.1rem + 2.8vw, 2.9rem); font-weight: 650; letter-spacing: -.028em; max-width: 22em; }
h2 { font-size: 1.5rem; font-weight: 650; }
h3 { font-size: 1.05rem; font-weight: 650; }
p { margin: .6rem 0; max-width: 46rem; }
small { font-size: .85rem; }
section { margin-top: 4.5rem; scroll-margin-top: 1rem; }
section > h2 { padding-top: 1rem; border-top: 2px solid var(--ink); }
.soft, small, caption, figcaption { color: var(--soft); }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: .5rem; background: var(--page); padding: .5rem 1rem; z-index: 3; }
.hush { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
[hidden] { display: none !important; }

.top { display: flex; flex-wrap: wrap; gap: .4rem 1.4rem; align-items: baseline; padding: 1.4rem 0 clamp(2rem, 5vw, 3.6rem); color: var(--soft); font-size: .9rem; }
.top span:first-child { margin-right: auto; }
.top b { color: var(--ink); font-weight: 650; }
.verdict { font-size: clamp(1.05rem, 1rem + .4vw, 1.25rem); margin-top: 1.4rem; }
.verdict p { max-width: 44rem; }
.word { font-weight: 650; }
.bad .word, .much { color: var(--accent); }

.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 1.5rem 2.5rem; margin: 3rem 0 1.5rem; padding: 0; }
.figures div { border-top: 2px solid var(--ink); padding-top: .7rem; display: flex; flex-direction: column-reverse; justify-content: flex-end; }
.figures dt { color: var(--soft); font-size: .92rem; line-height: 1.35; }
.figures dd { margin: 0; font-size: 2.7rem; font-weight: 600; letter-spacing: -.035em; line-height: 1.1; }
.figures .key { border-top-color: var(--accent); } .figures .key dd { color: var(--accent); }

svg { display: block; width: 100%; overflow: hidden; }
svg.share { height: 1.1rem; border-radius: 3px; margin: 2.4rem 0 .8rem; }
svg.bar { height: .7rem; border-radius: 2px; min-width: 4rem; }
.f-rest { fill: var(--bar); } .f-hold { fill: var(--accent); } .f-stop { fill: var(--stop); }
.f-exempt { fill: url(#hatch); } #hatch rect { fill: var(--wash); } #hatch path { stroke: var(--accent); stroke-width: 1.6; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.6rem; list-style: none; margin: 0 0 2.6rem; padding: 0; font-size: .9rem; color: var(--soft); }
.legend svg { display: inline-block; width: .8rem; height: .8rem; margin-right: .5rem; vertical-align: -.06em; border-radius: 2px; }
nav ul { display: flex; flex-wrap: wrap; gap: .4rem 1.5rem; list-style: none; margin: 2.6rem 0 0; padding: 1rem 0; border: solid var(--line); border-width: 1px 0; font-size: .95rem; }

table { border-collapse: collapse; width: 100%; font-size: .92rem; line-height: 1.45; }
caption { text-align: left; padding: 0 0 .5rem; font-size: .92rem; }
caption b { color: var(--ink); font-size: 1.05rem; font-weight: 650; display: block; }
th, td { text-align: left; vertical-align: top; padding: .55rem 1.1rem .55rem 0; border-bottom: 1px solid var(--line); font-weight: 400; }
thead th { color: var(--soft); font-size: .84rem; vertical-align: bottom; border-bottom-color: var(--stop); }
th:last-child, td:last-child { padding-right: 0; }
td.num, th.num { text-align: right; white-space: nowrap; }
.verdict small { line-height: 1.5; display: block; }
td.chart { width: 34%; padding-top: .85rem; }
.pair td.chart { width: 26%; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 2.8rem 3.5rem; margin-top: 2rem; }
.pair > div { min-width: 0; }
details { margin-top: .7rem; }
summary { cursor: pointer; color: var(--soft); font-size: .92rem; padding: .25rem 0; }
summary:hover { color: var(--ink); }

button, input, select { font: inherit; color: inherit; }
button, select, input[type=search] { border: 1px solid var(--stop); border-radius: 6px; background: var(--page); padding: .45rem .8rem; min-height: 2.5rem; }
button { cursor: pointer; white-space: nowrap; }
button:hover { border-color: var(--ink); background: var(--panel); }
button.plain { all: unset; white-space: inherit; cursor: pointer; text-decoration: underline; text-decoration-color: var(--stop); text-underline-offset: .2em; }
button.plain:hover { text-decoration-color: currentcolor; text-decoration-thickness: 2px; }
button.plain:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; border-radius: 3px; }
.tools { display: grid; grid-template-columns: minmax(14rem, 2fr) repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .8rem; margin: 1.6rem 0 .4rem; align-items: end; }
.tools label { display: block; font-size: .84rem; color: var(--soft); min-width: 0; }
.tools input, .tools select { display: block; width: 100%; margin-top: .25rem; font-size: .95rem; color: var(--ink); }
.count { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1.2rem; min-height: 2.6rem; font-size: .92rem; }
.more { display: flex; gap: .8rem; margin-top: 1.2rem; }

#judged { table-layout: fixed; }
#judged thead th { white-space: nowrap; }
#judged th small, #judged td small { display: block; }
#judged .why { font-size: .88rem; }
#judged tbody th { font-weight: 600; }
#judged tbody th small { font-weight: 400; }
.loading #judged tbody tr:nth-child(n+101) { display: none; }
#judged th[aria-sort=ascending] button::after { content: "\\a0\\2191"; }
#judged th[aria-sort=descending] button::after { content: "\\a0\\2193"; }
th[aria-sort] button.plain { color: var(--ink); }
.state { display: inline-block; border: 1px solid transparent; border-radius: 4px; padding: 0 .5em; font-size: .84rem; line-height: 1.5; white-space: nowrap; }
.h .state { background: var(--accent); color: var(--on-accent); font-weight: 600; }
.e .state { background: var(--wash); border: 1px dashed var(--accent); color: var(--accent); }
.n .state { border-color: var(--stop); }
.o .state { color: var(--soft); padding-left: 0; }
td.yes { color: var(--accent); font-weight: 650; } td.yes::before { content: "\\25cf\\a0"; }
td.no { color: var(--soft); } td.no::before { content: "\\25cb\\a0"; }
td.stop::before { content: "\\d7\\a0"; }

.chunk { list-style: none; margin: 0; padding: 0; }
.lazy { content-visibility: auto; contain-intrinsic-size: auto 7500px; }
.chunk li { padding: 1rem 0; border-bottom: 1px solid var(--line); scroll-margin-top: 1rem; }
.chunk li:target, tr:target { background: var(--wash); box-shadow: 0 0 0 .5rem var(--wash); }
.chunk p { margin: .15rem 0; max-width: 60rem; }
.group { margin-top: 2.6rem; }
.group > p { margin: .35rem 0; }
pre { background: var(--panel); border-radius: 6px; padding: .7rem .9rem; margin: .6rem 0; white-space: pre-wrap; line-height: 1.5; }
mark { background: var(--wash); color: var(--accent); font-weight: 650; border-bottom: 2px solid var(--accent); }
.wide, h2 + table, h2 + .page { margin-top: 1.6rem; }
.until { white-space: nowrap; }
dl.facts { display: grid; grid-template-columns: minmax(9rem, 14rem) 1fr; gap: .6rem 2rem; margin: 1.6rem 0; font-size: .95rem; }
dl.facts dt { color: var(--soft); } dl.facts dd { margin: 0; }
.page { border-top: 1px solid var(--line); margin: 0; padding: .6rem 0; }
.page > summary { color: var(--ink); font-size: 1rem; }
.page h4 { margin: 1.2rem 0 .2rem; font-size: .95rem; font-weight: 650; }
.page > div { padding: 0 0 1rem; max-width: 52rem; }
.files { columns: 22rem; column-gap: 2.5rem; padding-left: 0; list-style: none; font-size: .9rem; }
footer { margin-top: 4.5rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .88rem; }

/* A browser lays out the rows of a table all at once, and there may be 20,000; as grids they wait until they are seen. */
@media screen {
  #judged, #judged thead, #judged tbody { display: block; }
  .r1 { --n: 1; } .r2 { --n: 2; } .r3 { --n: 3; }
  #judged tr { display: grid; gap: 0 1rem; grid-template-columns: 6.4rem minmax(0, 18fr) 6.2rem repeat(var(--n), 4.9rem) minmax(0, 31fr) minmax(0, 20fr); border-bottom: 1px solid var(--line); }
  #judged th, #judged td { border: 0; padding: .6rem 0; min-width: 0; }
  #judged thead { position: sticky; top: 0; background: var(--page); z-index: 1; }
  #judged thead tr { border-bottom-color: var(--stop); }
  #judged tbody tr { content-visibility: auto; contain-intrinsic-size: auto 5.2rem; }
}
@media screen and (max-width: 66rem) {
  .tools { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .tools .first { grid-column: 1 / -1; }
  #exempt, #exempt tbody, #unchecked, #unchecked tbody { display: block; }
  #judged thead:has(button) { position: static; } #judged thead tr { display: flex; flex-wrap: wrap; gap: .2rem 1rem; padding-bottom: .6rem; }
  #judged thead tr::before { content: "Sort by"; font-size: .84rem; color: var(--soft); padding: .6rem 0; }
  #judged thead:not(:has(button)), #exempt thead, #unchecked thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  #judged tbody tr { display: flex; flex-wrap: wrap; gap: .2rem .9rem; padding: 1.1rem 0; border-bottom: 1px solid var(--line); }
  #judged tbody th, #judged tbody td { border: 0; padding: 0; flex: 0 0 100%; }
  #judged tbody td.c, #judged tbody td.r, #judged tbody td.d { flex: none; padding: .1rem 0; }
  #judged td:nth-child(3)::before { content: "Namespace "; color: var(--soft); }
  #judged td.c::after { content: " containerd"; } #judged td.r::after { content: " cri-o"; } #judged td.d::after { content: " docker"; }
  #judged td.c::after, #judged td.r::after, #judged td.d::after { color: var(--soft); font-weight: 400; }
  #exempt caption, #unchecked caption { display: block; }
  #exempt tr, #unchecked tr { display: block; padding: .8rem 0; border-bottom: 1px solid var(--line); }
  #exempt tbody td, #exempt tbody th, #unchecked tbody td, #unchecked tbody th { display: block; border: 0; padding: .15rem 0; }
  [data-label]::before { content: attr(data-label) " "; color: var(--soft); }
}
@media screen and (max-width: 34rem) {
  section { margin-top: 3.2rem; }
  .figures { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 1.4rem; }
  .figures dd { font-size: 2.1rem; }
  dl.facts { grid-template-columns: 1fr; gap: .1rem; } dl.facts dd { margin-bottom: .8rem; }
  td.chart, .pair td.chart { width: 22%; }
  #runtimes th:last-child, #runtimes td:last-child { display: none; }
  #runtimes th.num { white-space: normal; }
  th[scope=row] { min-width: 6rem; }
  th, td { padding-right: .7rem; }
}
@media (forced-colors: active) { .f-hold { fill: CanvasText; } .f-stop { fill: GrayText; } .state { border: 1px solid; } }

@page { size: A4; margin: 16mm 13mm 17mm; @bottom-right { content: counter(page) " / " counter(pages); font: 8pt system-ui, sans-serif; } }
@page wide { size: A4 landscape; margin: 14mm 13mm 16mm; }
@media print {
  html { font-size: 9.5pt; }
  body { max-width: none; padding: 0; }
  nav, .tools, .count, .more, .skip, button:not(.plain) { display: none !important; }
  button.plain, a { text-decoration: none; }
  #judged thead button::after { content: none !important; }
  .top { padding: 0 0 1.5rem; }
  section { margin-top: 1.6rem; } .pair, .wide { margin-top: 1rem; }
  h2, h3, caption, summary { break-after: avoid; }
  #containers, #findings, #rules { break-before: page; margin-top: 0; }
  #containers { page: wide; }
  #causes th small, #causes th br { display: none; }
  thead { display: table-header-group; }
  tr, .chunk li, .figures, svg, .legend, dl.facts > * { break-inside: avoid; }
  .lazy { content-visibility: visible; }
  .chunk li { padding: .5rem 0; }
  .pair { grid-template-columns: 1fr 1fr; gap: 1.5rem 2rem; }
  #judged { font-size: 7.4pt; } #judged .why, #judged small { font-size: 6.8pt; }
  #judged col.w1 { width: 7.5%; } #judged col.w2 { width: 17%; } #judged col.w3 { width: 8.5%; } #judged col.w4 { width: 5.5%; } #judged col.w5 { width: 28%; }
  #judged .why small { display: inline; padding-left: .4em; } #judged th, #judged td { line-height: 1.3; }
  #judged th, #judged td { padding-right: .4rem; } #judged thead th, .state { font-size: 7pt; } .state { padding: 0 .3em; }
  th, td { padding: .28rem .7rem .28rem 0; }
  td.chart { padding-top: .5rem; }
  pre { border: 1px solid var(--line); }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
"""
)
