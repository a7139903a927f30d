//! From a JSON Pointer to the bytes of a file's text where its value stands.
//!
//! JSON is stepped through value by value, without a tree. YAML is parsed once into nodes that know their positions.

use std::fmt;
use std::ops::Range;

use saphyr::{LoadableYamlNode, MarkedYaml, YamlData};
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::contract::document::text;
use crate::pointer;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// The byte range of the value that a pointer leads to. For an object or array over several lines it is the range of its key, or
/// else its first line.
pub fn locate(text: &str, pointer: &str) -> Option<Range<usize>> {
    Positions::read(text)?.find(pointer)
}

/// A file's text, ready to look up pointers.
pub struct Positions<'a> {
    text: &'a str,
    /// How many bytes stand before what the parsers see.
    skipped: usize,
    format: Format<'a>,
}

enum Format<'a> {
    Json,
    Yaml { root: Box<MarkedYaml<'a>>, ascii: bool },
}

impl<'a> Positions<'a> {
    /// `None` for a text that cannot be read.
    pub fn read(text: &'a str) -> Option<Positions<'a>> {
        let body = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        let skipped = text.len() - body.len();
        if text::looks_like_json(body) && serde_json::from_str::<IgnoredAny>(body).is_ok() {
            return Some(Positions { text: body, skipped, format: Format::Json });
        }
        // The reader with positions recurses without a limit; ours says first that the text is shallow.
        text::parse("", body).ok()?;
        let root = MarkedYaml::load_from_str(body).ok()?.into_iter().next()?;
        Some(Positions { text: body, skipped, format: Format::Yaml { root: Box::new(root), ascii: body.is_ascii() } })
    }

    /// Where the value stands, as it is shown.
    pub fn find(&self, pointer: &str) -> Option<Range<usize>> {
        let range = self.place(pointer)?.shown(self.text);
        Some(range.start + self.skipped..range.end + self.skipped)
    }

    /// Where the value stands, or else the nearest one above it that exists; and the pointer of what was found.
    pub fn find_nearest<'p>(&self, pointer: &'p str) -> Option<(&'p str, Range<usize>)> {
        let mut pointer = pointer;
        loop {
            if let Some(range) = self.find(pointer) {
                return Some((pointer, range));
            }
            pointer = &pointer[..pointer.rfind('/')?];
        }
    }

    /// Where the value's key stands; an element of an array has none.
    pub fn find_key(&self, pointer: &str) -> Option<Range<usize>> {
        let range = self.place(pointer)?.key?;
        Some(range.start + self.skipped..range.end + self.skipped)
    }

    fn place(&self, pointer: &str) -> Option<Place> {
        match &self.format {
            Format::Json => find_json(self.text, pointer),
            Format::Yaml { root, ascii } => self.find_yaml(root, pointer, *ascii),
        }
    }

    fn find_yaml(&self, root: &MarkedYaml<'a>, pointer: &str, ascii: bool) -> Option<Place> {
        let mut node = root;
        let mut key = None;
        for segment in pointer::segments(pointer) {
            let (next_key, next) = child(node, &segment)?;
            (key, node) = (next_key, next);
        }
        let container = matches!(inner(node).data, YamlData::Mapping(_) | YamlData::Sequence(_));
        let bytes = |node: &MarkedYaml<'_>| {
            let (start, end) = (node.span.start.index(), node.span.end.index());
            if ascii { start..end } else { self.byte(start)..self.byte(end) }
        };
        Some(Place { value: bytes(node), key: key.map(bytes), container })
    }

    /// Markers count characters.
    fn byte(&self, character: usize) -> usize {
        self.text.char_indices().nth(character).map_or(self.text.len(), |(byte, _)| byte)
    }
}

struct Place {
    value: Range<usize>,
    key: Option<Range<usize>>,
    container: bool,
}

impl Place {
    fn shown(self, text: &str) -> Range<usize> {
        let start = self.value.start.min(text.len());
        let end = self.value.end.clamp(start, text.len());
        // A block mapping ends where the next thing starts.
        let mut value = start..start + text.get(start..end).map_or(0, |value| value.trim_end().len());
        // The closing bracket of a flow collection stands behind its end.
        let brackets = (text.as_bytes().get(start), text.as_bytes().get(end));
        if self.container && matches!(brackets, (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']'))) {
            value.end = end + 1;
        }
        if !self.container || !text.get(value.clone()).is_some_and(|value| value.contains('\n')) {
            return value;
        }
        self.key.unwrap_or_else(|| {
            let line = text[start..].lines().next().unwrap_or_default();
            start..start + line.trim_end().len()
        })
    }
}

/// A node without its tag.
fn inner<'n, 'a>(node: &'n MarkedYaml<'a>) -> &'n MarkedYaml<'a> {
    match &node.data {
        YamlData::Tagged(_, tagged) => tagged,
        _ => node,
    }
}

/// A member of a mapping with its key, or an element of a sequence.
fn child<'n, 'a>(node: &'n MarkedYaml<'a>, segment: &str) -> Option<(Option<&'n MarkedYaml<'a>>, &'n MarkedYaml<'a>)> {
    match &inner(node).data {
        YamlData::Sequence(items) => items.get(segment.parse::<usize>().ok()?).map(|item| (None, item)),
        YamlData::Mapping(map) => {
            let own = map.iter().find(|(key, _)| is_key(key, segment));
            own.map(|(key, value)| (Some(key), value)).or_else(|| {
                let (_, merged) = map.iter().find(|(key, _)| is_key(key, "<<"))?;
                match &inner(merged).data {
                    YamlData::Sequence(sources) => sources.iter().find_map(|source| child(source, segment)),
                    YamlData::Mapping(_) => child(merged, segment),
                    _ => None,
                }
            })
        }
        _ => None,
    }
}

/// Keys are compared as they become JSON: `200:` is `"200"`.
fn is_key(key: &MarkedYaml<'_>, segment: &str) -> bool {
    use saphyr::Scalar;
    match &inner(key).data {
        YamlData::Value(Scalar::String(text)) => text == segment,
        YamlData::Value(Scalar::Integer(number)) => segment.parse() == Ok(*number),
        YamlData::Value(Scalar::FloatingPoint(number)) => segment.parse() == Ok(number.into_inner()),
        YamlData::Value(Scalar::Boolean(flag)) => segment.eq_ignore_ascii_case(if *flag { "true" } else { "false" }),
        YamlData::Value(Scalar::Null) => ["", "~"].contains(&segment) || segment.eq_ignore_ascii_case("null"),
        YamlData::Representation(text, ..) => text == segment,
        _ => false,
    }
}

fn find_json(text: &str, pointer: &str) -> Option<Place> {
    let mut value = text.trim();
    let mut keyed = false;
    for segment in pointer::segments(pointer) {
        let member = Member { segment: &segment };
        let found = serde_json::Deserializer::from_str(value).deserialize_any(member).ok()??;
        keyed = value.starts_with('{');
        value = found.get();
    }
    // Both are slices of the same text.
    let start = (value.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    let key = if keyed { key_before(text, start) } else { None };
    Some(Place { value: start..start + value.len(), key, container: value.starts_with(['{', '[']) })
}

/// The quoted key of the member whose value starts here.
fn key_before(text: &str, value_start: usize) -> Option<Range<usize>> {
    let before = text.get(..value_start)?.trim_end().strip_suffix(':')?.trim_end();
    let inside = before.strip_suffix('"')?;
    // Quotes inside of a key have an odd number of backslashes before them.
    let open = inside.rmatch_indices('"').map(|(at, _)| at).find(|at| {
        let backslashes = inside[..*at].bytes().rev().take_while(|byte| *byte == b'\\').count();
        backslashes % 2 == 0
    })?;
    Some(open..before.len())
}

/// Finds one member of a JSON object, or one element of an array, as a slice of the text.
struct Member<'s> {
    segment: &'s str,
}

impl<'de> Visitor<'de> for Member<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(key) = access.next_key::<String>()? {
            let value = access.next_value::<&RawValue>()?;
            if key == self.segment && found.is_none() {
                found = Some(value);
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let wanted = self.segment.parse::<usize>().ok();
        let mut found = None;
        let mut index = 0;
        while let Some(value) = access.next_element::<&RawValue>()? {
            if wanted == Some(index) {
                found = Some(value);
            }
            index += 1;
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, pointer: &str, expected: Option<&str>) {
        let range = locate(text, pointer);
        assert_eq!(range.map(|range| &text[range]), expected, "{pointer}");
    }

    const YAML: &str = "\
# ünïcode: \u{1F600}
openapi: 3.1.0
base: &base
  shared: yes
paths:
  /posts/{id}:
    get:
      responses:
        200: {description: \"ok é\"}
        '404':
          description: gone
list:
- one
- two: 2
  three: |
    long
    text
merged:
  <<: *base
  own: 1
";

    #[test]
    fn yaml_values_are_found_by_pointer() {
        check(YAML, "/openapi", Some("3.1.0"));
        check(YAML, "/paths/~1posts~1{id}/get/responses/200/description", Some("\"ok é\""));
        check(YAML, "/paths/~1posts~1{id}/get/responses/200", Some("{description: \"ok é\"}"));
        check(YAML, "/paths/~1posts~1{id}/get/responses/404/description", Some("gone"));
        check(YAML, "/list/0", Some("one"));
        check(YAML, "/list/1/two", Some("2"));
        check(YAML, "/merged/shared", Some("yes"));
        check(YAML, "/merged/own", Some("1"));
    }

    #[test]
    fn a_value_over_several_lines_is_shown_by_its_key() {
        check(YAML, "/paths", Some("paths"));
        check(YAML, "/paths/~1posts~1{id}", Some("/posts/{id}"));
        check(YAML, "/list/1", Some("two: 2"));
        check("{\n \"a \\\"b\" : [\n1]}", "/a \"b", Some("\"a \\\"b\""));
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        for pointer in ["/nothing", "/openapi/x", "/list/7", "/list/x", "/paths/~1posts"] {
            check(YAML, pointer, None);
        }
        check("{\"a\": [1]}", "/a/1", None);
        check("{\"a\": 1}", "/a/b", None);
    }

    #[test]
    fn json_values_are_found_whatever_their_escapes() {
        let text = "\u{feff}{\"é\": \"\\ud83d\\ude00\",\t\"a\\/b\": {\"x\": [1, {\"y\": true}]}}";
        check(text, "/é", Some("\"\\ud83d\\ude00\""));
        check(text, "/a~1b/x/1/y", Some("true"));
        check(text, "/a~1b/x", Some("[1, {\"y\": true}]"));
    }

    #[test]
    fn texts_that_cannot_be_read_have_no_places() {
        check("a: [", "/a", None);
        check("{\"a\": ", "/a", None);
        check("", "/a", None);
        check(&"- ".repeat(100_000), "/0/0", None);
    }
}
