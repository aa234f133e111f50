// The style sheet of the report. For the library's own sources.
#pragma once

#include <string_view>

namespace relume::plot {

inline constexpr std::string_view report_style = R"(
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --text: #1c2430; --quiet: #5b6675; --line: #dfe3e9;
  --first: #2563eb; --second: #d9480f; --error: #c92a2a; --warning: #b35c00; --info: #2563eb; --heat: 37, 99, 235; }
@media (prefers-color-scheme: dark) { :root { --page: #12161c; --card: #1b212a; --text: #e6eaf0; --quiet: #9aa6b5;
  --line: #323b47; --first: #74a9ff; --second: #ff9d5c; --error: #ff8787; --warning: #ffc078; --info: #74a9ff;
  --heat: 96, 150, 255; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1040px; margin: 0 auto; padding: 24px 16px 48px; }
h1 { font-size: 1.6em; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.15em; margin: 0 0 12px; }
header { margin-bottom: 20px; }
header p { margin: 4px 0; color: var(--quiet); }
pre { margin: 8px 0 0; padding: 8px 12px; background: var(--card); border: 1px solid var(--line); border-radius: 6px;
  white-space: pre-wrap; overflow-wrap: anywhere; font-size: 0.87em; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px; margin-bottom: 16px; }
.scroll { overflow-x: auto; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(140px, 1fr)); gap: 12px; margin: 0; }
dt { color: var(--quiet); font-size: 0.87em; }
dd { margin: 0; font-weight: 600; overflow-wrap: anywhere; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 16px; }
svg { display: block; width: 100%; max-width: 560px; font: 12px system-ui, sans-serif; }
.title { font-size: 14px; font-weight: 600; fill: var(--text); }
.label { fill: var(--quiet); }
.grid { stroke: var(--line); }
.axis { stroke: var(--quiet); }
.mark { stroke: var(--quiet); stroke-dasharray: 4 4; }
.series-0, .series-1 { fill: none; stroke: var(--first); stroke-width: 2; stroke-linejoin: round; }
.series-1 { stroke: var(--second); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 12px; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--quiet); font-weight: 600; font-size: 0.87em; }
tr > :first-child { text-align: left; padding-left: 0; }
.heat td { text-align: center; background: rgba(var(--heat), var(--share, 0)); }
.finding { border-left: 4px solid var(--info); padding-left: 12px; margin-bottom: 14px; overflow-wrap: anywhere; }
.finding:last-child { margin-bottom: 0; }
.finding p { margin: 2px 0; }
.severity { color: var(--info); font-weight: 600; }
.error { border-color: var(--error); } .error .severity { color: var(--error); }
.warning { border-color: var(--warning); } .warning .severity { color: var(--warning); }
.quiet { color: var(--quiet); }
summary { cursor: pointer; font-weight: 600; }
details > .scroll { margin-top: 12px; }
ul { margin: 8px 0 0; padding-left: 20px; overflow-wrap: anywhere; }
)";

}  // namespace relume::plot
