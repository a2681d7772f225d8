"""The page's style sheet: light, dark and paper from one set of variables."""

_LIGHT = """
  --page: #f5f7f9; --card: #ffffff; --paper: #ffffff; --ink: #101a24; --muted: #5c6876; --line: #dde3e9;
  --dead: #e9edf2; --truth: #a9c3e2; --measured: #0b62c4; --short: #d9822b; --requested: #8b95a1; --command: #7b3fb5;
  --delivered: #0f8a5f; --error: #c4314b; --goal: #dcf1e6; --good: #0f7a4f; --bad: #b3202f;
  --good-soft: #e3f4ea; --bad-soft: #fbe6e8; --link: #0b62c4;
  --span-a: #f6dfb8; --span-b: #e2d3f3; --span-c: #cfe4f6;
"""

_DARK = """
  --page: #11161c; --card: #192028; --paper: #192028; --ink: #e4e9ee; --muted: #97a3b0; --line: #2d3742;
  --dead: #222b35; --truth: #41618a; --measured: #6fb1ff; --short: #e8a45c; --requested: #8792a0; --command: #bd93e8;
  --delivered: #43c796; --error: #f27a8d; --goal: #1d3a2e; --good: #4fcf97; --bad: #ff8a94;
  --good-soft: #17322a; --bad-soft: #3c2226; --link: #7ab8ff;
  --span-a: #5a4520; --span-b: #46345c; --span-c: #23425c;
"""

CSS = f"""
:root {{ color-scheme: light dark; {_LIGHT} }}
@media screen and (prefers-color-scheme: dark) {{ :root {{ {_DARK} }} }}
* {{ box-sizing: border-box; }}
body {{
  margin: 0; background: var(--page); color: var(--ink); font-size: 15px; line-height: 1.5;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
  font-variant-numeric: tabular-nums;
}}
main {{ max-width: 1120px; margin: 0 auto; padding: 28px 20px 60px; }}
a {{ color: var(--link); text-decoration: none; }}
a:hover {{ text-decoration: underline; }}
h1 {{ font-size: 26px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -0.01em; }}
h2 {{ font-size: 20px; line-height: 1.25; margin: 0; }}
h3 {{ font-size: 15px; margin: 26px 0 8px; }}
p.sub {{ color: var(--muted); margin: 0; }}
.card {{
  background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 20px 22px; margin-top: 20px;
}}
.head {{ display: flex; gap: 14px; align-items: center; justify-content: space-between; flex-wrap: wrap; }}
.verdict {{ border-radius: 999px; padding: 3px 14px; font-weight: 650; font-size: 14px; white-space: nowrap; }}
.pass {{ color: var(--good); }}
.fail {{ color: var(--bad); }}
.verdict.pass {{ background: var(--good-soft); }}
.verdict.fail {{ background: var(--bad-soft); }}
.tiles {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(166px, 1fr)); gap: 10px; margin-top: 16px; }}
.tile {{ border: 1px solid var(--line); border-radius: 8px; padding: 9px 12px; }}
.tile b {{ display: block; font-size: 20px; line-height: 1.25; font-weight: 650; }}
.tile b small {{ font-size: 13px; font-weight: 500; color: var(--muted); margin-left: 3px; }}
.tile span {{ color: var(--muted); font-size: 12.5px; }}
.scroll {{ overflow-x: auto; }}
table {{ border-collapse: collapse; width: 100%; font-size: 13.5px; }}
th {{ text-align: left; color: var(--muted); font-weight: 600; border-bottom: 1px solid var(--line); }}
th, td {{ padding: 6px 12px 6px 0; vertical-align: top; }}
tr + tr td {{ border-top: 1px solid var(--line); }}
td.n, th.n {{ text-align: right; white-space: nowrap; }}
td.r {{ white-space: nowrap; font-weight: 650; }}
td.m {{ color: var(--muted); }}
tr.failed td {{ background: var(--bad-soft); }}
table.events td.n {{ width: 1%; padding-right: 16px; }}
tr.group td {{ font-weight: 650; padding-top: 14px; }}
dl {{
  display: grid; grid-template-columns: repeat(auto-fill, minmax(320px, 1fr)); gap: 2px 26px; margin: 0;
  font-size: 13.5px;
}}
dl div {{ display: flex; gap: 10px; border-bottom: 1px solid var(--line); padding: 3px 0; }}
dt {{ color: var(--muted); flex: 0 0 40%; }}
dd {{ margin: 0; overflow-wrap: anywhere; }}
figure {{ margin: 0; }}
figure svg {{ width: 100%; height: auto; display: block; }}
figcaption {{ color: var(--muted); font-size: 13px; margin-top: 4px; }}
.pair {{ display: grid; grid-template-columns: 1fr 1fr; gap: 8px 26px; }}
footer {{ color: var(--muted); font-size: 12.5px; margin-top: 26px; }}
@media (max-width: 760px) {{ .pair {{ grid-template-columns: 1fr; }} .card {{ padding: 16px 14px; }} }}
@media print {{
  @page {{ size: A4; margin: 12mm; }}
  body {{ background: #fff; font-size: 11px; -webkit-print-color-adjust: exact; print-color-adjust: exact; }}
  main {{ max-width: none; padding: 0; }}
  .card {{ border: 0; padding: 0; }}
  section.run {{ break-before: page; }}
  figure, tr, .tile, dl div {{ break-inside: avoid; }}
  figure svg {{ max-height: 172mm; }}
  h1 {{ font-size: 20px; }} h2 {{ font-size: 15px; }} h3 {{ font-size: 12px; margin: 10px 0 4px; }}
  table, dl {{ font-size: 10.5px; }}
  th, td {{ padding: 3px 10px 3px 0; }}
  .tiles {{ grid-template-columns: repeat(6, 1fr); gap: 5px; margin-top: 8px; }}
  .tile {{ padding: 3px 7px; }} .tile b {{ font-size: 13px; }} .tile b small, .tile span {{ font-size: 9.5px; }}
  dl {{ grid-template-columns: 1fr 1fr; }}
  h2, h3 {{ break-after: avoid; }}
  .pair {{ grid-template-columns: 1fr 1fr; }}
}}
"""
