//! What of an API was seen: a matrix of operations and statuses, and lists of what is missing.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::report::markup::Markup;
use crate::report::plain;
use crate::scenario::coverage::{Dimension, Item};
use crate::scenario::report::summary::{self, DIMENSIONS, Share};
use crate::scenario::results::ApiCoverage;

pub fn write(api: &ApiCoverage, page: &mut Markup) {
    let shares = summary::shares(api);
    if shares.is_empty() {
        return;
    }
    page.raw("<div class=\"card api\">\n<h3>").text(&api.name).raw(" ");
    page.element("code", "quiet", &api.file).raw("</h3>\n<ul class=\"shares\">\n");
    for share in &shares {
        page.raw("<li>").element("span", "name", share.name);
        page.element("strong", "", &plain::percent(share.seen, share.all));
        page.element("span", "quiet", &format!("{} of {}", share.seen, share.all));
        bar(*share, page);
        page.raw("</li>\n");
    }
    page.raw("</ul>\n");
    matrix(api, page);
    for (dimension, name) in DIMENSIONS {
        // The matrix tells these two whole.
        if !matches!(dimension, Dimension::Operation | Dimension::Status) {
            list(api, dimension, name, page);
        }
    }
    page.raw("</div>\n");
}

/// A drawing, since the page's policy allows no style of a single element. The text beside it says the same.
fn bar(share: Share, page: &mut Markup) {
    let width = share.seen.saturating_mul(1_000) / share.all.max(1);
    page.raw("<svg class=\"bar\" viewBox=\"0 0 1000 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\">");
    page.raw("<rect class=\"rest\" width=\"1000\" height=\"8\"/><rect class=\"seen\" height=\"8\"");
    page.attribute("width", &width.to_string()).raw("/></svg>");
}

fn matrix(api: &ApiCoverage, page: &mut Markup) {
    let mut rows: IndexMap<&str, BTreeMap<&str, &Item>> = IndexMap::new();
    let mut calls: BTreeMap<&str, u64> = BTreeMap::new();
    let mut statuses: Vec<&str> = Vec::new();
    for item in &api.items {
        match item.dimension {
            Dimension::Operation => {
                rows.entry(&item.operation).or_default();
                calls.insert(&item.operation, item.seen);
            }
            Dimension::Status => {
                rows.entry(&item.operation).or_default().insert(&item.name, item);
                statuses.push(&item.name);
            }
            _ => {}
        }
    }
    if rows.is_empty() {
        return;
    }
    statuses.sort_by_key(|status| rank(status));
    statuses.dedup();
    page.raw("<details class=\"matrix\" open>\n<summary>Operations × statuses</summary>\n");
    page.raw("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Operations and statuses\"><table>\n<thead><tr><th scope=\"col\">Operation</th><th scope=\"col\">Calls</th>");
    for status in &statuses {
        page.raw("<th scope=\"col\"").attribute("class", class_of(status)).raw(">").text(status).raw("</th>");
    }
    page.raw("</tr></thead>\n<tbody>\n");
    for (operation, cells) in &rows {
        let seen = calls.get(operation).copied().unwrap_or(0);
        page.raw(if seen == 0 { "<tr class=\"never\">" } else { "<tr>" });
        page.raw("<th scope=\"row\"><code>").text(operation).raw("</code></th>");
        page.element("td", "calls", &seen.to_string());
        for status in &statuses {
            cell(cells.get(status).copied(), operation, status, page);
        }
        page.raw("</tr>\n");
    }
    page.raw("</tbody>\n</table></div>\n<p class=\"legend quiet\"><span class=\"cell seen\">3</span> seen so often ");
    page.raw("<span class=\"cell unseen-status\">○</span> declared, never seen <span class=\"cell\">·</span> not declared</p>\n</details>\n");
}

fn cell(item: Option<&Item>, operation: &str, status: &str, page: &mut Markup) {
    match item {
        // The sign tells the two apart without colour.
        Some(item) if item.seen > 0 => {
            let title = format!("{operation} answered {status}: seen {} times", item.seen);
            page.raw("<td class=\"cell seen\"").attribute("title", &title).raw(">");
            page.text(&item.seen.to_string()).raw("</td>");
        }
        Some(_) => {
            let title = format!("{operation} declares {status}: never seen");
            page.raw("<td class=\"cell unseen-status\"").attribute("title", &title);
            page.raw("><span aria-hidden=\"true\">○</span><span class=\"unseen\">never seen</span></td>");
        }
        None => {
            page.raw("<td class=\"cell\"><span aria-hidden=\"true\">·</span></td>");
        }
    }
}

fn list(api: &ApiCoverage, dimension: Dimension, name: &'static str, page: &mut Markup) {
    let items: Vec<&Item> = api.items.iter().filter(|item| item.dimension == dimension).collect();
    let (seen, all) = summary::count(items.iter().copied());
    if all == 0 {
        return;
    }
    page.raw("<details class=\"missing\">\n<summary>").text(&capitalised(name)).raw(" ");
    let told = if seen == all { "all seen".to_owned() } else { format!("{} missing", all - seen) };
    page.element("span", "quiet", &told).raw("</summary>\n");
    let mut operations: IndexMap<&str, (Vec<&Item>, usize)> = IndexMap::new();
    for item in items {
        let (missing, count) = operations.entry(&item.operation).or_default();
        *count += 1;
        if item.seen == 0 {
            missing.push(item);
        }
    }
    page.raw("<ul class=\"operations\">\n");
    for (operation, (missing, count)) in operations.iter().filter(|(_, (missing, _))| !missing.is_empty()) {
        page.raw("<li>").element("code", "", operation).raw(" ");
        page.element("span", "quiet", &format!("{} of {count} never seen", missing.len())).raw("<ul>");
        for item in missing {
            page.raw("<li").attribute("title", &item.pointer).raw("><code>").text(&item.name).raw("</code></li>");
        }
        page.raw("</ul></li>\n");
    }
    page.raw("</ul>\n</details>\n");
}

/// Numbers in their order, a range after the numbers in it, `default` last.
fn rank(status: &str) -> (u8, &str) {
    match status.as_bytes().first() {
        Some(first @ b'1'..=b'9') => (*first, status),
        _ => (u8::MAX, status),
    }
}

fn class_of(status: &str) -> &'static str {
    match status.as_bytes().first() {
        Some(b'1'..=b'3') => "class-good",
        Some(b'4') => "class-client",
        Some(b'5') => "class-server",
        _ => "class-other",
    }
}

fn capitalised(name: &str) -> String {
    let mut characters = name.chars();
    match characters.next() {
        Some(initial) => initial.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}
