//! insta's file format: a YAML header between `---` lines, then the contents and a newline.
//!
//! Written as insta 1.49 writes it, and read as it reads it, so that `cargo insta review` and `standin review` can take turns.

use serde::Deserialize;

/// What delimits the header.
const DELIMITER: &str = "---";
/// What a merge that nobody has settled starts with.
const CONFLICT: &str = "<<<<<<< ";
/// Largest header that is read, in bytes.
const HEADER_BYTES_MAX: usize = 64 << 10;

/// A snapshot file in insta's format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The scenario's file, relative to the project.
    pub source: String,
    /// The workflow's id.
    pub expression: String,
    pub contents: String,
}

/// The keys that we look at; insta has more (`description`, `info`, `assertion_line` ...).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Header {
    source: Option<String>,
    expression: Option<String>,
    snapshot_kind: Option<String>,
}

impl File {
    /// As insta writes it: metadata between `---` lines, then the contents and a newline.
    pub fn write(&self) -> String {
        let mut text = format!("{DELIMITER}\nsource: ");
        scalar(&mut text, &self.source);
        text.push_str("\nexpression: ");
        scalar(&mut text, &self.expression);
        text.push_str(&format!("\n{DELIMITER}\n{}\n", normalised(&self.contents)));
        text
    }

    /// The error is a lower-case fragment.
    pub fn parse(text: &str) -> Result<File, String> {
        let (header, contents) = split(text)?;
        let header: Header = match header.trim().is_empty() {
            true => Header::default(),
            false => serde_saphyr::from_str(header).map_err(|error| {
                let reason = error.to_string();
                format!("the header between the `---` lines is no YAML: {}", reason.lines().next().unwrap_or_default())
            })?,
        };
        if header.snapshot_kind.as_deref() == Some("binary") {
            return Err("it is a binary snapshot; scenarios only have text".to_owned());
        }
        Ok(File {
            source: header.source.unwrap_or_default(),
            expression: header.expression.unwrap_or_default(),
            contents: normalised(contents),
        })
    }
}

/// The header and what follows it. Only the first two `---` lines delimit; others belong to the contents.
fn split(text: &str) -> Result<(&str, &str), String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.find('\n').map_or(text.len(), |end| end + 1);
    if text.starts_with(CONFLICT) {
        return Err("it holds the marks of a merge conflict".to_owned());
    }
    if text[..first].trim_end() != DELIMITER {
        return Err("a snapshot starts with a line `---`; this is none".to_owned());
    }
    let mut at = first;
    while at < text.len() {
        let end = text[at..].find('\n').map_or(text.len(), |end| at + end + 1);
        if text[at..end].trim_end() == DELIMITER {
            return Ok((&text[first..at], &text[end..]));
        }
        if end - first > HEADER_BYTES_MAX {
            break;
        }
        at = end;
    }
    Err("its header has no second line `---`".to_owned())
}

/// What insta compares: no whitespace at the end, `\n` for `\r\n`. A lone `\r` is data.
fn normalised(contents: &str) -> String {
    contents.trim_end().replace("\r\n", "\n")
}

/// A YAML scalar as insta's emitter writes it.
fn scalar(out: &mut String, text: &str) {
    if !needs_quotes(text) {
        out.push_str(text);
        return;
    }
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            control if control < ' ' || control == '\u{7f}' => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
}

/// The rules of insta's emitter: what YAML would read as something else than this text.
fn needs_quotes(text: &str) -> bool {
    const WORDS: [&str; 22] = [
        "yes", "Yes", "YES", "no", "No", "NO", "True", "TRUE", "true", "False", "FALSE", "false", "on", "On", "ON",
        "off", "Off", "OFF", "null", "Null", "NULL", "~",
    ];
    let special = |character: char| {
        matches!(
            character,
            ':' | '{' | '}' | '[' | ']' | ',' | '#' | '`' | '"' | '\'' | '\\' | '\0'..='\x06' | '\t' | '\n' | '\r'
                | '\x0e'..='\x1a' | '\x1c'..='\x1f'
        )
    };
    text.is_empty()
        || text.starts_with(' ')
        || text.ends_with(' ')
        || text.starts_with(['&', '*', '?', '|', '-', '<', '>', '=', '!', '%', '@', '.'])
        || text.contains(special)
        || WORDS.contains(&text)
        || text.starts_with("0x")
        || text.parse::<i64>().is_ok()
        || text.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(source: &str, expression: &str, contents: &str) -> File {
        File { source: source.to_owned(), expression: expression.to_owned(), contents: contents.to_owned() }
    }

    #[test]
    fn a_file_is_written_as_insta_does() {
        let file = file("scenarios/posts.arazzo.yaml", "publish", "# a\n\n200 OK\n");
        let text = "---\nsource: scenarios/posts.arazzo.yaml\nexpression: publish\n---\n# a\n\n200 OK\n";
        assert_eq!(file.write(), text);
        assert_eq!(File::parse(text).map(|file| file.write()).as_deref(), Ok(text));
    }

    #[test]
    fn contents_may_hold_whatever_delimits() {
        let written = file("a", "b", "---\n---\n\n--- \nx").write();
        assert_eq!(File::parse(&written).expect("it is one").contents, "---\n---\n\n--- \nx");
    }

    #[test]
    fn windows_line_ends_and_a_missing_newline_are_read() {
        let read =
            File::parse("\u{feff}---\r\nsource: a\r\nassertion_line: 4\r\nexpression: \"b: c\"\r\n---\r\nx\r\ny\rz");
        assert_eq!(read, Ok(file("a", "b: c", "x\ny\rz")));
        assert_eq!(File::parse("---\n---\n"), Ok(file("", "", "")));
    }

    #[test]
    fn names_that_yaml_would_misread_are_quoted() {
        for name in ["true", "~", "12", "1.5", "a: b", "- a", " a", "", "a\"b\\c\n", "0x1", "é", "it's", ".a"] {
            let written = file(name, name, "x").write();
            assert_eq!(File::parse(&written), Ok(file(name, name, "x")), "{written}");
        }
    }

    #[test]
    fn what_is_no_snapshot_is_refused_with_the_reason() {
        for (text, reason) in [
            ("", "starts with a line `---`"),
            ("hello", "starts with a line `---`"),
            ("<<<<<<< mine\n---\n", "merge conflict"),
            ("---\nsource: a\n", "no second line `---`"),
            ("---\nsource: [\n---\n", "no YAML"),
            ("---\nsnapshot_kind: binary\nextension: png\n---\n", "binary snapshot"),
        ] {
            let error = File::parse(text).expect_err(text);
            assert!(error.contains(reason), "{error}");
        }
    }
}
