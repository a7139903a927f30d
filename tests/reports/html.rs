use base64::Engine;
use sha2::{Digest, Sha256};
use standin::scenario::report::Format;

use super::{example, render};

/// What stands between two marks, the first time they do.
pub fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    let from = text.find(start).unwrap_or_else(|| panic!("no {start}")) + start.len();
    let length = text[from..].find(end).unwrap_or_else(|| panic!("no {end}"));
    &text[from..from + length]
}

pub fn tags(page: &str) -> Vec<&str> {
    // A page without a script has nothing that stands in the place of one.
    let script = if page.contains("<script>") { between(page, "<script>", "</script>") } else { "<script>" };
    let style = between(page, "<style>", "</style>");
    assert!(!script.contains('<') || !script.contains("</"), "the script holds no markup");
    let without: Vec<&str> = page.split(script).flat_map(|part| part.split(style)).collect();
    without
        .into_iter()
        .flat_map(|part| part.split('<').skip(1))
        .map(|tag| tag.split('>').next().unwrap_or_default())
        .collect()
}

#[test]
fn no_text_becomes_markup() {
    let plain = tags(&render(&example::hostile("x"), Format::Html)).len();
    for markup in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onclick='alert(1)",
        "<!--",
        "]]>",
        "</style>",
    ] {
        let page = render(&example::hostile(markup), Format::Html);
        assert_eq!(tags(&page).len(), plain, "{markup} makes no element");
        assert_eq!(page.matches("<script>").count(), 1);
        let names = |tag: &str| -> String { tag.split('"').step_by(2).collect() };
        assert!(!tags(&page).iter().any(|tag| names(tag).contains(" on")), "{markup} makes no handler");
    }
}

#[test]
fn every_element_is_closed_in_order() {
    for results in [example::rich(), example::green(), example::empty(), example::hostile("<b>")] {
        closed_in_order(&render(&results, Format::Html));
    }
}

#[track_caller]
pub fn closed_in_order(page: &str) {
    let mut open: Vec<&str> = Vec::new();
    for tag in tags(page) {
        let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap_or_default();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "</{name}> closes what is open");
        } else if !matches!(name, "!DOCTYPE" | "meta" | "input") && !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert_eq!(open, Vec::<&str>::new());
}

#[test]
fn the_policy_allows_the_pages_own_style_and_script_alone() {
    let page = render(&example::rich(), Format::Html);
    let digest = |text: &str| base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text));
    assert_eq!(
        between(&page, "Content-Security-Policy\" content=\"", "\"").replace("&#39;", "'"),
        format!(
            "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
            digest(between(&page, "<style>", "</style>")),
            digest(between(&page, "<script>", "</script>"))
        )
    );
    assert!(!tags(&page).iter().any(|tag| tag.contains(" style=")), "the policy would drop an element's own style");
}

#[test]
fn the_page_loads_nothing() {
    loads_nothing(&render(&example::rich(), Format::Html));
}

#[track_caller]
pub fn loads_nothing(page: &str) {
    for tag in tags(page) {
        let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap_or_default();
        assert!(!["link", "iframe", "object", "embed", "img", "image", "use"].contains(&name), "{tag}");
        assert!(!tag.contains(" src=") && !tag.contains(" style="), "{tag}");
        assert!(!tag.contains(" href=") || tag.contains(" href=\"#"), "{tag}");
    }
    assert!(!between(page, "<style>", "</style>").contains("url("));
    assert!(!between(page, "<style>", "</style>").contains("@import"));
}

#[test]
fn ids_are_unique_and_every_label_leads_to_one() {
    ids_are_unique(&render(&example::rich(), Format::Html));
}

#[track_caller]
pub fn ids_are_unique(page: &str) {
    let values = |name: &str| -> Vec<String> {
        let start = format!(" {name}=\"");
        tags(page).iter().filter(|tag| tag.contains(&start)).map(|tag| between(tag, &start, "\"").to_owned()).collect()
    };
    let mut ids = values("id");
    for reference in values("aria-labelledby").iter().flat_map(|labels| labels.split(' ')) {
        assert!(ids.iter().any(|id| id == reference), "{reference}");
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

#[test]
fn what_failed_is_open_and_what_passed_is_closed() {
    let page = render(&example::rich(), Format::Html);
    let workflows: Vec<bool> =
        tags(&page).iter().filter(|tag| tag.contains("data-failed")).map(|tag| tag.ends_with(" open")).collect();
    assert_eq!(workflows, [false, true, true, true, false, false]);
}

#[test]
fn a_status_that_was_declared_and_never_seen_is_told_in_words() {
    let page = render(&example::green(), Format::Html);
    assert!(page.contains("title=\"exportCatalogue declares 202: never seen\""));
    assert!(page.contains("<span class=\"unseen\">never seen</span>"));
    assert!(page.contains("title=\"listBooks answered 200: seen 4 times\">4</td>"));
}

#[test]
fn a_workflow_whose_line_is_not_known_has_none() {
    let mut results = example::green();
    results.workflows[0].line = 0;
    for format in Format::ALL {
        assert!(!render(&results, format).contains("yaml:0"), "{}", format.word());
    }
}

/// The contrast of two colours (WCAG 2.2, 1.4.3).
fn contrast(one: &str, other: &str) -> f64 {
    let luminance = |color: &str| {
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(&color[at..at + 2], 16).expect("#rrggbb")) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn text_is_readable_in_the_light_and_in_the_dark() {
    let page = render(&example::empty(), Format::Html);
    let (light, dark) = page.split_once("prefers-color-scheme: dark").expect("two themes");
    for theme in [light, dark] {
        let color = |name: &str| between(theme, &format!("--{name}: "), ";");
        let pairs = [
            ("text", "ground"),
            ("text", "card"),
            ("text", "soft"),
            ("text", "bad-soft"),
            ("text", "doubtful-soft"),
            ("quiet", "ground"),
            ("quiet", "card"),
            ("quiet", "soft"),
            ("quiet", "bad-soft"),
            ("quiet", "doubtful-soft"),
            ("accent", "card"),
            ("accent", "soft"),
            ("good", "card"),
            ("good", "good-soft"),
            ("good", "soft"),
            ("bad", "card"),
            ("bad", "bad-soft"),
            ("bad", "soft"),
            ("doubtful", "card"),
            ("doubtful", "doubtful-soft"),
            ("seen", "seen-soft"),
            ("missing", "card"),
            ("missing", "missing-soft"),
        ];
        for (text, ground) in pairs {
            let found = contrast(color(text), color(ground));
            assert!(found >= 4.5, "{text} on {ground}: {found:.2}");
        }
    }
}

/// `STANDIN_PAGE=FOLDER` writes the pages, to be looked at in a browser.
#[test]
fn pages_can_be_looked_at() {
    for (name, results) in [("rich", example::rich()), ("green", example::green()), ("empty", example::empty())] {
        let page = render(&results, Format::Html);
        assert!(page.len() > 10_000, "{name} is a whole page");
        if let Some(folder) = std::env::var_os("STANDIN_PAGE") {
            let path = std::path::Path::new(&folder).join(format!("{name}.html"));
            std::fs::write(path, page).expect("a page can be written");
        }
    }
}
