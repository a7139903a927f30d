//! How pages of a list are asked for, told by the names of query parameters.

use super::names::flat;
use super::site::Site;
use super::view::{Kind, kind};
use crate::contract::document::Document;
use crate::contract::parameter::Parameter;
use crate::contract::vocabulary::{PageRule, PageStyle};

const PAGE: [&str; 7] = ["page", "pagenumber", "pageno", "pagenum", "p", "currentpage", "pageindex"];
const OFFSET: [&str; 6] = ["offset", "skip", "start", "startindex", "pageoffset", "from"];
const CURSOR: [&str; 13] = [
    "cursor",
    "after",
    "startingafter",
    "pagetoken",
    "nexttoken",
    "pageafter",
    "pagecursor",
    "continuationtoken",
    "marker",
    "nextcursor",
    "aftercursor",
    "startkey",
    "continue",
];
const SIZE: [&str; 14] = [
    "perpage",
    "limit",
    "pagesize",
    "size",
    "count",
    "maxresults",
    "pagelimit",
    "itemsperpage",
    "first",
    "take",
    "top",
    "maxitems",
    "max",
    "numresults",
];

/// The rule, and why.
pub fn rule(document: &Document, site: &Site<'_>) -> (PageRule, String) {
    let find = |names: &[&str], integers: bool| {
        let mut candidates = site.query().filter(|parameter| {
            let kind = kind(document.resolve(&parameter.raw));
            let typed = if integers { matches!(kind, Kind::Integer | Kind::Number) } else { true };
            typed && !matches!(kind, Kind::Object | Kind::Array) && names.contains(&flat(&parameter.name).as_str())
        });
        candidates.next()
    };
    let numbered = |names: &[&str]| find(names, true);
    let (style, at) = if let Some(at) = numbered(&PAGE) {
        (PageStyle::Page, Some(at))
    } else if let Some(at) = find(&CURSOR, false) {
        (PageStyle::Cursor, Some(at))
    } else if let Some(at) = numbered(&OFFSET) {
        (PageStyle::Offset, Some(at))
    } else {
        (PageStyle::None, None)
    };
    let size = numbered(&SIZE);
    // A limit alone is the size of the only page that can be asked for.
    let style = if at.is_none() && size.is_some() { PageStyle::Offset } else { style };
    let link = site
        .success
        .as_ref()
        .is_some_and(|success| success.response.headers.iter().any(|header| header.name.eq_ignore_ascii_case("link")));
    let names: Vec<String> = [at, size].iter().flatten().map(|parameter| format!("`{}`", parameter.name)).collect();
    let reason = match (names.is_empty(), link) {
        (true, _) => "no query parameter asks for a page".to_owned(),
        (false, false) => format!("asked for by {}", names.join(" and ")),
        (false, true) => format!("asked for by {}, and a Link header", names.join(" and ")),
    };
    let default = size.and_then(default_size);
    let name = |parameter: Option<&Parameter>| parameter.map(|parameter| parameter.name.clone());
    (PageRule { style, at: name(at), size: name(size), default, link }, reason)
}

/// The schema's default, or the number after the word "default" in the description.
fn default_size(size: &Parameter) -> Option<usize> {
    let declared = size.default.as_ref().and_then(serde_json::Value::as_u64);
    let described = || {
        let text = size.description.to_lowercase();
        let (_, after) = text.split_once("default")?;
        let near = after.trim_start_matches(|letter: char| !letter.is_ascii_digit());
        let gap = after.len() - near.len();
        let digits: String = near.chars().take_while(char::is_ascii_digit).collect();
        (gap <= 12).then(|| digits.parse::<u64>().ok()).flatten()
    };
    declared.or_else(described).and_then(|size| usize::try_from(size).ok()).filter(|size| *size > 0)
}
