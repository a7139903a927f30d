use standin::audit::report::{Format, render};

use super::super::html::{between, closed_in_order, ids_are_unique, loads_nothing, tags};
use super::{all, example};

#[test]
fn no_text_becomes_markup() {
    let plain = tags(&render(Format::Html, &example::hostile("x"))).len();
    for markup in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onclick='alert(1)",
        "<!--",
        "]]>",
        "</style>",
        "</svg>",
    ] {
        let page = render(Format::Html, &example::hostile(markup));
        assert_eq!(tags(&page).len(), plain, "{markup} makes no element");
        assert!(!page.contains("<script"), "{markup}");
        let names = |tag: &str| -> String { tag.split('"').step_by(2).collect() };
        assert!(!tags(&page).iter().any(|tag| names(tag).contains(" on")), "{markup} makes no handler");
    }
}

#[test]
fn every_page_is_whole_and_loads_nothing() {
    for (name, audit) in all().into_iter().chain([("hostile", example::hostile("<b>"))]) {
        let page = render(Format::Html, &audit);
        closed_in_order(&page);
        ids_are_unique(&page);
        loads_nothing(&page);
        assert!(page.contains("script-src &#39;none&#39;"), "{name}");
    }
}

#[test]
fn what_was_broken_is_open_and_what_was_kept_is_closed() {
    let page = render(Format::Html, &example::rich());
    let rules: Vec<bool> = tags(&page)
        .iter()
        .filter(|tag| tag.starts_with("details id=\"rule-"))
        .map(|tag| tag.ends_with(" open"))
        .collect();
    assert_eq!(rules, [false, false, true, false, true, true, true]);
}

#[test]
fn a_drawing_is_told_in_words_too() {
    let page = render(Format::Html, &example::rich());
    assert!(page.contains("<title id=\"rule-honours-retry-after-1-title\">1 call from 10 ms to 1.52 s</title>"));
    assert_eq!(
        between(&page, "<desc id=\"rule-honours-retry-after-1-words\">", "</desc>"),
        "createLoan: #1 at 10 ms: 503, #2 at 510 ms: 503, #3 at 1.52 s: 201"
    );
}

#[test]
fn a_drawing_stands_as_it_was_approved() {
    let page = render(Format::Html, &example::rich());
    let drawing = between(&page, "<figure class=\"timeline\">\n", "</figure>");
    super::golden::check("audit.timeline.svg.html", drawing);
}

/// `STANDIN_PAGE=FOLDER` writes the pages, to be looked at in a browser.
#[test]
fn pages_can_be_looked_at() {
    for (name, audit) in all() {
        let page = render(Format::Html, &audit);
        assert!(page.len() > 8_000, "{name} is a whole page");
        if let Some(folder) = std::env::var_os("STANDIN_PAGE") {
            let path = std::path::Path::new(&folder).join(format!("audit-{}.html", name.replace(' ', "-")));
            std::fs::write(path, page).expect("a page can be written");
        }
    }
}
