// The style sheet of the training report. Colours are variables: dark mode only changes those.
#pragma once

namespace lamina::detail {

inline constexpr char kReportStyle[] = R"css(
:root { color-scheme: light dark;
  --ground: #f6f7f9; --card: #ffffff; --ink: #1a2230; --soft: #5c6878; --line: #e3e7ed; --grid: #edf0f4;
  --train: #2f6fde; --val: #e8793a; --good: #16966a; --bad: #d2413f; --heat: 47, 111, 222; --pixel: #10141b; --shade: rgba(26, 34, 48, .35);
  --c5: #7b4fd6; --c6: #0b8f9c; --c7: #c2408f; --c8: #8a6d3b; --c9: #6f8116; --c10: #4a6785; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #0f1319; --card: #181e27; --ink: #e7ecf3; --soft: #97a3b4; --line: #2a323e; --grid: #2b3440;
  --train: #6ea2ff; --val: #ff9d61; --good: #45c997; --bad: #ff7d77; --heat: 110, 162, 255; --pixel: #000; --shade: rgba(160, 180, 210, .45);
  --c5: #b294ff; --c6: #4fd0dc; --c7: #f28ac4; --c8: #c9a66b; --c9: #b5c957; --c10: #9db8d2; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); line-height: 1.5;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
main { max-width: 1160px; margin: 0 auto; padding: 40px 24px 56px; }
header { margin-bottom: 26px; }
.brand { color: var(--soft); font-size: 13px; letter-spacing: .08em; text-transform: uppercase; }
h1 { font-size: 34px; line-height: 1.15; margin: 4px 0 6px; letter-spacing: -.015em; }
h2 { font-size: 16px; margin: 0 0 14px; }
h2 small { font-weight: 400; color: var(--soft); font-size: 13px; margin-left: 6px; }
header p { margin: 0; color: var(--soft); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(160px, 1fr)); gap: 16px; margin-bottom: 16px; }
.card, .tile { background: var(--card); border: 1px solid var(--line); border-radius: 14px; }
.tile { padding: 16px 20px; }
.tile .label { color: var(--soft); font-size: 13px; }
.tile .value { font-size: 28px; font-weight: 650; letter-spacing: -.02em; line-height: 1.25;
  font-variant-numeric: tabular-nums; }
.tile .note { color: var(--soft); font-size: 12.5px; min-height: 1.4em; }
.tile:first-child { border-color: transparent; background: linear-gradient(135deg, #2f6fde, #6a4fd8); color: #fff; }
.tile:first-child .label, .tile:first-child .note { color: rgba(255, 255, 255, .82); }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(440px, 100%), 1fr)); gap: 16px;
  margin-bottom: 16px; align-items: stretch; }
.card { padding: 20px 22px; margin-bottom: 16px; overflow-x: auto; }
.columns > .card { margin-bottom: 0; }
.flow { columns: 2 440px; column-gap: 16px; margin-bottom: 16px; }
.flow > .card { break-inside: avoid; }
.head { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 2px 18px; margin-bottom: 14px; }
.head h2 { margin: 0; }
.legend { display: flex; flex-wrap: wrap; gap: 0 14px; font-size: 13px; color: var(--soft); }
.legend span { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; max-width: min(280px, 76vw); }
.legend i { display: inline-block; width: 18px; height: 3px; border-radius: 2px; margin: 0 6px 3px 0; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
svg text { fill: var(--soft); font-size: 12px; font-variant-numeric: tabular-nums; }
svg .end { font-weight: 650; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: 13px; }
th, td { padding: 7px 12px 7px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child td { border-bottom: 0; }
td.number, th.number { text-align: right; padding-right: 0; padding-left: 12px; white-space: nowrap; }
td.type, .below { color: var(--soft); }
.below { display: none; font-size: 12.5px; }
td.shape { white-space: nowrap; }
td.key { color: var(--soft); white-space: nowrap; width: 1%; padding-right: 20px; }
.options td.number { white-space: normal; overflow-wrap: anywhere; min-width: 64px; }
td.text { overflow-wrap: anywhere; }
td.name { overflow-wrap: break-word; }
tfoot td { font-weight: 650; border-top: 2px solid var(--line); border-bottom: 0; }
/* What is wider than its card scrolls, with a shadow at the side where there is more. */
.wide { overflow-x: auto; background: linear-gradient(to right, var(--card) 14px, transparent) 0 0 / 36px 100% no-repeat local,
  linear-gradient(to left, var(--card) 14px, transparent) 100% 0 / 36px 100% no-repeat local,
  linear-gradient(to right, var(--shade), transparent) 0 0 / 14px 100% no-repeat scroll,
  linear-gradient(to left, var(--shade), transparent) 100% 0 / 14px 100% no-repeat scroll; }
.matrix { width: auto; margin: 0 auto; font-size: 12.5px; border-spacing: 2px; border-collapse: separate; }
.matrix td, .matrix th { border: 0; padding: 0; text-align: center; min-width: 40px; height: 32px; border-radius: 5px;
  vertical-align: middle; }
.matrix th.row { text-align: right; padding-right: 10px; white-space: nowrap; }
.matrix th.column { height: auto; vertical-align: bottom; padding-bottom: 8px; }
.matrix th.column span { display: inline-block; writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap; }
.matrix th.recall { padding-left: 10px; font-weight: 400; }
.matrix td.zero { color: transparent; }
.matrix td.strong { color: #fff; }
.matrix.small td { min-width: 22px; height: 22px; }
.matrix.dense { font-size: 10px; border-spacing: 1px; }
.matrix.dense td, .matrix.dense th { min-width: 0; height: 20px; border-radius: 3px; }
.matrix.dense td { width: 20px; }
.matrix.small th { font-weight: 400; height: 22px; }
.axis { color: var(--soft); font-size: 12.5px; text-align: center; margin: 8px 0 0; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(118px, 1fr)); gap: 14px; }
.pictures.large { grid-template-columns: repeat(auto-fill, minmax(min(300px, 100%), 1fr)); }
.pictures.large img { aspect-ratio: auto; image-rendering: auto; }
.pictures.large figcaption { overflow-wrap: anywhere; color: var(--soft); }
figure { margin: 0; font-size: 12.5px; line-height: 1.4; }
figure img { width: 100%; aspect-ratio: 1; object-fit: contain; background: var(--pixel); image-rendering: pixelated;
  border-radius: 9px; display: block; margin-bottom: 6px; }
figure .wrong { color: var(--bad); font-weight: 600; }
figure .right { color: var(--soft); }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.55 ui-monospace, "DejaVu Sans Mono", monospace; }
details summary { cursor: pointer; color: var(--soft); font-size: 13px; margin-top: 8px; }
.pictures + details summary { margin: 14px 0; }
footer { color: var(--soft); font-size: 13px; margin-top: 26px; text-align: center; }
@media (max-width: 560px) {
  main { padding: 24px 12px 40px; }
  .card { padding: 16px 14px; }
  h1 { font-size: 27px; overflow-wrap: anywhere; }
  svg text { font-size: 20px; }
  .tiles { grid-template-columns: repeat(auto-fit, minmax(132px, 1fr)); gap: 10px; }
  .tile { padding: 12px 14px; }
  .tile .value { font-size: 23px; }
  .matrix { font-size: 10.5px; border-spacing: 1px; }
  .matrix td, .matrix th { min-width: 22px; height: 24px; font-size: 10.5px; }
  .matrix th.row { padding-right: 5px; }
  .matrix th.recall { padding-left: 3px; }
  .pictures { grid-template-columns: repeat(auto-fill, minmax(96px, 1fr)); gap: 10px; }
  .layers { font-size: 13.5px; }
  .layers td, .layers th { padding-right: 8px; }
  .layers .number { padding-left: 4px; padding-right: 0; }
  td.type, th.type { display: none; }
  .below { display: block; }
}
@media print { body { background: #fff; } .card, .tile, figure { break-inside: avoid; } }
)css";

}  // namespace lamina::detail
