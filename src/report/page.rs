//! The frame of a page that works offline.
//!
//! It loads nothing. Its style and script stand in it, and its content security policy names both by their digests, so that no
//! text of a stranger can become markup that does anything, should one ever get past [`super::markup`].

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::markup::Markup;

/// The style that all pages share: colours of light and dark, verdict, numbers, cards, badges.
const SHARED: &str = include_str!("page.css");

/// A page's own parts.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Follows the shared style.
    pub style: &'static str,
    /// A page without one allows none.
    pub script: Option<&'static str>,
}

impl Page {
    /// Everything before the body.
    pub fn begin(self, title: &str, page: &mut Markup) {
        page.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        page.raw("<meta http-equiv=\"Content-Security-Policy\"").attribute("content", &self.policy()).raw(">\n");
        page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        page.raw("<meta name=\"color-scheme\" content=\"light dark\">\n");
        page.element("title", "", title)
            .raw("\n<style>")
            .raw(SHARED)
            .raw(self.style)
            .raw("</style>\n</head>\n<body>\n");
    }

    /// Everything after the page's content.
    pub fn end(self, tool: &str, page: &mut Markup) {
        page.raw("<footer><p>Written by ")
            .text(tool)
            .raw(". This page loads nothing and works offline.</p></footer>\n");
        if let Some(script) = self.script {
            page.raw("<p id=\"said\" class=\"unseen\" role=\"status\"></p>\n<script>").raw(script).raw("</script>\n");
        }
        page.raw("</body>\n</html>\n");
    }

    /// Nothing but our own style and script, each known by its digest.
    fn policy(self) -> String {
        let digest = |digest: Sha256| STANDARD.encode(digest.finalize());
        let style = digest(Sha256::new().chain_update(SHARED).chain_update(self.style));
        let script = match self.script {
            Some(script) => format!("'sha256-{}'", digest(Sha256::new().chain_update(script))),
            None => "'none'".to_owned(),
        };
        format!(
            "default-src 'none'; style-src 'sha256-{style}'; script-src {script}; base-uri 'none'; form-action 'none'"
        )
    }
}

/// A verdict's seal, which opens the header: a class (`passed`, `failed`, `empty`), and what stands in the seal.
pub fn verdict(class: &'static str, mark: &str, page: &mut Markup) {
    page.raw("<header").attribute("class", class).raw(">\n<div class=\"verdict\">");
    page.raw("<span class=\"seal\" aria-hidden=\"true\">").text(mark).raw("</span>\n<div>");
}

/// Opens a number's group; the caller adds its parts and closes it.
pub fn number(name: &str, total: usize, page: &mut Markup) {
    page.raw("<div>").element("dt", "", name).element("dd", "total", &total.to_string());
}

/// What a number is made of; nothing where there is none.
pub fn part(class: &'static str, mark: &str, number: usize, word: &str, page: &mut Markup) {
    if number > 0 {
        page.raw("<span").attribute("class", class).raw("><i aria-hidden=\"true\">").text(mark).raw("</i>");
        page.text(&format!(" {number} {word}")).raw("</span> ");
    }
}
