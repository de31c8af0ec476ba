//! A timeline as one page that needs nothing beside it: no script, no font, no picture, nothing from another host.

use std::fmt::Write as _;

use crate::output::{Output, escaped};

use super::text::{facts, headline, label, percent};
use super::told::{Bar, Told};

/// Of a chart, in its own units.
const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 120.0;

/// More buckets than these stand side by side as they come, the empty ones between them left out.
const MOST_IN_PLACE: u64 = 400;

const HEAD: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>When rules were broken</title>
<style>
:root { color-scheme: light dark; --ink: #1b1f24; --dim: #6a737d; --line: #d0d7de; --bar: #c4362b; --rest: #e6e9ed; --page: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --dim: #8b949e; --line: #30363d; --bar: #f2665a; --rest: #21262d; --page: #0d1117; } }
body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--page); max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .2rem; } p { margin: .2rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .8rem; margin: .5rem 0; } dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; }
svg { width: 100%; height: auto; display: block; } .b { fill: var(--bar); } .r { fill: var(--rest); } .a { stroke: var(--line); } text { fill: var(--dim); font-size: 11px; }
table { border-collapse: collapse; margin: .5rem 0; } th, td { padding: .1rem .8rem .1rem 0; text-align: right; font-variant-numeric: tabular-nums; } th:first-child, td:first-child { text-align: left; }
summary { color: var(--dim); cursor: pointer; }
</style>
</head>
<body>
<h1>When rules were broken</h1>
<p>Bars show the share of the traces to which a rule applied that broke it; of a rule over many traces, of its windows. Times are UTC.</p>
"#;

pub fn write(rules: &[Told], out: &mut Output) {
    let mut page = HEAD.to_owned();
    let (broken, kept): (Vec<&Told>, Vec<&Told>) = rules.iter().partition(|told| told.violated > 0);
    for told in broken {
        section(told, &mut page);
    }
    if !kept.is_empty() {
        page.push_str("<h2>Not broken</h2>\n<ul>\n");
        for told in kept {
            let line = format!(
                "<li><b>{}</b>: {}</li>\n",
                escaped(&told.rule),
                escaped(&headline(told))
            );
            page.push_str(&line);
        }
        page.push_str("</ul>\n");
    }
    page.push_str("</body>\n</html>\n");
    out.data(page.as_bytes());
}

fn section(told: &Told, page: &mut String) {
    // Writing to a string cannot fail, here and below.
    let _ = write!(
        page,
        "<section>\n<h2>{}</h2>\n<p>{}</p>\n<dl>\n",
        escaped(&told.rule),
        escaped(&headline(told))
    );
    for (what, text) in facts(told) {
        let _ = writeln!(page, "<dt>{what}</dt><dd>{}</dd>", escaped(&text));
    }
    page.push_str("</dl>\n");
    chart(told, page);
    page.push_str("<details><summary>Numbers</summary>\n<table>\n<tr><th>from</th><th>share</th><th>broken</th><th>kept</th></tr>\n");
    for bar in &told.buckets {
        let _ = writeln!(
            page,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            label(bar.from_unix_nano, told.bucket_nano),
            escaped(&percent(bar.share())),
            bar.violated,
            bar.satisfied
        );
    }
    page.push_str("</table>\n</details>\n</section>\n");
}

fn chart(told: &Told, page: &mut String) {
    let (Some(first), Some(last)) = (told.buckets.first(), told.buckets.last()) else {
        return;
    };
    let highest = told.buckets.iter().map(Bar::share).fold(0.0, f64::max);
    let span = (last.from_unix_nano - first.from_unix_nano) / told.bucket_nano + 1;
    let is_in_place = span <= MOST_IN_PLACE;
    let places = if is_in_place {
        span
    } else {
        told.buckets.len() as u64
    };
    let step = WIDTH / places as f64;
    let _ = writeln!(
        page,
        "<svg viewBox=\"0 -14 {WIDTH} {}\" role=\"img\" aria-label=\"{}: {}\">",
        HEIGHT + 32.0,
        escaped(&told.rule),
        escaped(&headline(told))
    );
    let _ = writeln!(
        page,
        "<text x=\"0\" y=\"-3\">{}</text>",
        escaped(&percent(highest))
    );
    for (index, bar) in told.buckets.iter().enumerate() {
        let place = if is_in_place {
            (bar.from_unix_nano - first.from_unix_nano) / told.bucket_nano
        } else {
            index as u64
        };
        let (x, width) = (place as f64 * step, (step * 0.86).max(0.5));
        let height = (bar.share() / highest * HEIGHT).max(if bar.violated > 0 { 1.5 } else { 0.0 });
        let _ = writeln!(
            page,
            "<g><title>{}: {} of {} ({})</title><rect class=\"r\" x=\"{x:.2}\" y=\"0\" width=\"{width:.2}\" height=\"{HEIGHT}\"/>\
             <rect class=\"b\" x=\"{x:.2}\" y=\"{:.2}\" width=\"{width:.2}\" height=\"{height:.2}\"/></g>",
            label(bar.from_unix_nano, told.bucket_nano),
            bar.violated,
            bar.applied(),
            escaped(&percent(bar.share())),
            HEIGHT - height
        );
    }
    let below = HEIGHT + 14.0;
    let _ = writeln!(
        page,
        "<line class=\"a\" x1=\"0\" y1=\"{HEIGHT}\" x2=\"{WIDTH}\" y2=\"{HEIGHT}\"/>\n<text x=\"0\" y=\"{below}\">{}</text>\n\
         <text x=\"{WIDTH}\" y=\"{below}\" text-anchor=\"end\">{}</text>\n</svg>",
        label(first.from_unix_nano, told.bucket_nano),
        label(last.from_unix_nano, told.bucket_nano)
    );
}
