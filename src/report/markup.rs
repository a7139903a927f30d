//! HTML in which only what stands in this program's source can be markup.

use super::plain;

/// HTML under way. [`Markup::raw`] takes texts of the source alone; all others are escaped.
#[derive(Debug, Default)]
pub struct Markup {
    html: String,
}

impl Markup {
    pub fn raw(&mut self, html: &'static str) -> &mut Markup {
        self.html.push_str(html);
        self
    }

    pub fn text(&mut self, text: &str) -> &mut Markup {
        for character in plain::visible(text).chars() {
            match character {
                '&' => self.html.push_str("&amp;"),
                '<' => self.html.push_str("&lt;"),
                '>' => self.html.push_str("&gt;"),
                '"' => self.html.push_str("&quot;"),
                '\'' => self.html.push_str("&#39;"),
                _ => self.html.push(character),
            }
        }
        self
    }

    /// ` name="value"`, for a tag that is open.
    pub fn attribute(&mut self, name: &'static str, value: &str) -> &mut Markup {
        self.raw(" ").raw(name).raw("=\"").text(value).raw("\"")
    }

    /// A whole element that holds text; without a class where that is empty.
    pub fn element(&mut self, name: &'static str, class: &'static str, text: &str) -> &mut Markup {
        self.raw("<").raw(name);
        if !class.is_empty() {
            self.attribute("class", class);
        }
        self.raw(">").text(text).raw("</").raw(name).raw(">")
    }

    /// Words in which what stands between backticks is code.
    pub fn prose(&mut self, text: &str) -> &mut Markup {
        for (code, piece) in plain::code_spans(text) {
            if code {
                self.element("code", "", piece);
            } else {
                self.text(piece);
            }
        }
        self
    }

    pub fn finish(self) -> String {
        self.html
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_never_markup() {
        let mut page = Markup::default();
        page.raw("<p").attribute("title", "\"><script>'").raw(">").text("<b>&amp;</b>\u{1b}").raw("</p>");
        assert_eq!(page.finish(), "<p title=\"&quot;&gt;&lt;script&gt;&#39;\">&lt;b&gt;&amp;amp;&lt;/b&gt;␛</p>");
    }

    #[test]
    fn prose_shows_code_as_code_and_escapes_it() {
        let mut page = Markup::default();
        page.prose("step `<a>` ran");
        assert_eq!(page.finish(), "step <code>&lt;a&gt;</code> ran");
    }
}
