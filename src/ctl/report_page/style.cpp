#include "ctl/report_page/style.h"

namespace greylisting::ctl {

const std::string_view kReportStyle = R"css(
:root {
  color-scheme: light dark;
  --page: #f5f6f4; --paper: #ffffff; --ink: #1b2126; --soft: #55606a; --line: #dcdfdb; --strong-line: #8a938f;
  --link: #0b5c8a; --accepted: #1c7a5c; --deferred: #a9690a; --rejected: #95305a; --errors: #4d565e;
  --single: #2f6690; --undecided: #8a938f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161a; --paper: #1a2026; --ink: #e8ebe9; --soft: #a8b2ba; --line: #323a42; --strong-line: #75808a;
    --link: #7cc0ea; --accepted: #57b894; --deferred: #e0aa4f; --rejected: #e58bae; --errors: #aeb7bf;
    --single: #72acd9; --undecided: #75808a;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif;
}
header, main, footer { max-width: 68rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2.5rem; padding-bottom: .5rem; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .25rem; letter-spacing: -.01em; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 0 0 .5rem; }
h3 { font-size: 1rem; margin: 0 0 .5rem; }
p { margin: 0 0 1rem; max-width: 44rem; }
.period { font-size: 1.1rem; color: var(--soft); }
a { color: var(--link); }
nav ul { list-style: none; margin: 0 0 1.5rem; padding: 0; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 2px; }
section {
  background: var(--paper); border: 1px solid var(--line); border-radius: 10px;
  padding: 1.25rem 1.5rem; margin: 0 0 1.25rem;
}
.tiles { display: grid; grid-template-columns: repeat(3, 1fr); gap: 1.25rem; margin: 0 0 .5rem; }
.tiles div { border-left: 4px solid var(--line); padding-left: .75rem; }
.tiles .of-accepted { border-color: var(--accepted); }
.tiles .of-deferred { border-color: var(--deferred); }
.tiles .of-rejected { border-color: var(--rejected); }
.tiles .of-single { border-color: var(--single); }
.tiles dt { color: var(--soft); font-size: .875rem; }
.tiles dd { margin: 0; }
.tiles .figure { font-size: 1.6rem; line-height: 1.25; font-weight: 600; font-variant-numeric: tabular-nums; }
.tiles .note { color: var(--soft); font-size: .875rem; }
.tiles.lead { margin-bottom: 1.5rem; }
.tiles.lead div { display: flex; flex-direction: column; }
.tiles.lead dt { color: var(--ink); font-size: 1.05rem; font-weight: 600; }
.tiles.lead .figure { order: -1; font-size: 2.5rem; line-height: 1.15; }
.tiles .change { font-size: .875rem; }
.chart { display: block; width: calc(100% - 3.5rem); margin: .5rem 0 .5rem 3.5rem; overflow: visible; }
.chart text { font-size: 12px; fill: var(--soft); }
.chart .axis { stroke: var(--strong-line); }
.chart .grid { stroke: var(--line); }
.chart .value, .chart .label { text-anchor: middle; }
.chart .label.at-edge { text-anchor: end; }
.chart .value { fill: var(--ink); font-weight: 600; }
.chart .label.marked { fill: var(--ink); font-weight: 700; text-decoration: underline; }
.chart .scale { text-anchor: end; }
.chart g:hover rect { opacity: .75; }
.patterns { position: absolute; }
.accepted { fill: var(--accepted); }
.deferred { fill: var(--deferred); }
.rejected { fill: var(--rejected); }
.errors { fill: var(--errors); }
.single { fill: var(--single); }
.undecided { fill: var(--undecided); }
.under-rules { fill: var(--accepted); }
.under-stripes { fill: var(--deferred); }
.under-dots { fill: var(--rejected); }
.under-bars { fill: var(--undecided); }
.over { fill: var(--paper); }
.legend { list-style: none; margin: .25rem 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; font-size: .875rem; }
.legend svg { vertical-align: -2px; }
details { margin-top: .75rem; border-top: 1px solid var(--line); padding-top: .5rem; }
summary { cursor: pointer; color: var(--link); padding: .25rem 0; width: fit-content; }
.scroll { overflow-x: auto; margin-top: .5rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding-bottom: .35rem; }
code { font: .9em ui-monospace, "DejaVu Sans Mono", monospace; }
th, td { text-align: right; padding: .3rem .6rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--soft); font-weight: 600; vertical-align: bottom; border-bottom-color: var(--strong-line); white-space: normal; }
tbody th { font-weight: 400; }
.narrow { max-width: 26rem; }
.names { table-layout: fixed; }
.names th:first-child { width: 72%; }
.names tbody th { white-space: normal; overflow-wrap: anywhere; }
.bar { display: block; width: 100%; margin-top: 3px; }
.marked th, .marked td { font-weight: 700; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); gap: 1.5rem 2rem; }
.remark { color: var(--soft); font-size: .9rem; margin: 1rem 0 0; }
dl.words { margin: 0; display: grid; grid-template-columns: minmax(8rem, max-content) 1fr; gap: .4rem 1.25rem; }
dl.words dt { font-weight: 600; }
dl.words dd { margin: 0; max-width: 44rem; }
footer { color: var(--soft); font-size: .875rem; padding-bottom: 2.5rem; }
@media (max-width: 40rem) {
  header { padding-top: 1.5rem; }
  header, main, footer { padding-left: .75rem; padding-right: .75rem; }
  section { padding: 1rem; }
  h1 { font-size: 1.6rem; }
  .chart { width: calc(100% - 2.75rem); margin-left: 2.75rem; }
  .chart text { font-size: 11px; }
  .chart .of-many { display: none; }
  .chart.ranges { height: 310px; }
  .chart .range { text-anchor: end; transform: rotate(-90deg); transform-box: fill-box; transform-origin: 100% 50%; }
  .tiles { grid-template-columns: repeat(2, 1fr); gap: 1rem .75rem; }
  .tiles.lead { grid-template-columns: 1fr; }
  .tiles .figure { font-size: 1.35rem; }
  .tiles.lead .figure { font-size: 2.1rem; }
  .stacked caption, .stacked tbody, .stacked tr { display: block; }
  .stacked thead { display: none; }
  .stacked tr { border-bottom: 1px solid var(--strong-line); padding: .3rem 0; }
  .stacked th { display: block; border: 0; padding: 0; font-weight: 600; }
  .stacked td { display: flex; gap: .25rem 1rem; flex-wrap: wrap; justify-content: space-between; border: 0; padding: 0; white-space: normal; overflow-wrap: anywhere; }
  .stacked td::before { content: attr(data-title); color: var(--soft); }
  dl.words { display: block; }
  dl.words dd { margin-bottom: .6rem; }
}
@media (forced-colors: active) {
  :root {
    --page: Canvas; --paper: Canvas; --ink: CanvasText; --soft: CanvasText; --line: GrayText; --strong-line: CanvasText;
    --link: LinkText; --accepted: CanvasText; --deferred: CanvasText; --rejected: CanvasText; --errors: GrayText;
    --single: CanvasText; --undecided: CanvasText;
  }
}
@media print, (forced-colors: active) {
  .accepted:not(.largest) { fill: url(#rules); }
  .deferred:not(.largest) { fill: url(#stripes); }
  .rejected:not(.largest) { fill: url(#dots); }
  .undecided { fill: url(#bars); }
}
@media print {
  :root {
    color-scheme: light;
    --page: #ffffff; --paper: #ffffff; --ink: #000000; --soft: #404040; --line: #c8c8c8; --strong-line: #707070;
    --link: #000000; --accepted: #1c7a5c; --deferred: #a9690a; --rejected: #95305a; --errors: #4d565e;
    --single: #2f6690; --undecided: #707070;
  }
  @page { margin: 16mm; }
  body { font-size: 10.5pt; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  header, main, footer { max-width: none; padding-left: 0; padding-right: 0; }
  nav { display: none; }
  section { border: 0; border-top: 1px solid var(--line); border-radius: 0; padding: .75rem 0; margin: 0; }
  h2, p, .chart, .tiles, tr, thead, .short { break-inside: avoid; }
  h2, caption, thead, section > p:not(.remark), .legend { break-after: avoid; }
  tbody tr:first-child, tbody tr:nth-child(2) { break-before: avoid; }
  .scroll { overflow: visible; }
  details::details-content { content-visibility: visible; block-size: auto; }
  details.long { display: none; }
  summary { display: none; }
}
)css";

}  // namespace greylisting::ctl
