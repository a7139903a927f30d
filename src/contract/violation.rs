//! One way in which a request or a reply breaks its contract.

/// The part of an HTTP message a violation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Path,
    Query,
    Header,
    Cookie,
    Body,
}

impl Place {
    /// OpenAPI's word for the place (`in: query`); `body` for a body.
    pub fn word(self) -> &'static str {
        match self {
            Place::Path => "path",
            Place::Query => "query",
            Place::Header => "header",
            Place::Cookie => "cookie",
            Place::Body => "body",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub place: Place,
    /// JSON Pointer of the offending value. For a body it starts at the body (`/posts/0/content`), for parameters its first
    /// segment is the parameter's name (`/per_page`). A missing property is named itself: `/name`, not its parent.
    pub pointer: String,
    /// The JSON Schema keyword that was broken (`required`, `maxLength`); `malformed` for text that is not the media type.
    pub keyword: &'static str,
    /// A sentence for people that names the value in words: `Name is required`.
    pub message: String,
}

/// A violation that no schema finds.
pub fn complaint(place: Place, pointer: &str, keyword: &'static str, message: impl Into<String>) -> Violation {
    Violation { place, pointer: pointer.to_owned(), keyword, message: message.into() }
}
