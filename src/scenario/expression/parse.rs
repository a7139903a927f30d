//! The ABNF of runtime expressions as a parser: one function per rule, errors that say what was expected where.
//!
//! Words are taken as they are spelled. RFC 5234 would let `$STATUSCODE` through, since its literals ignore case; no known
//! tool does, and a name in the wrong case is nearly always a slip.

use super::{EXPRESSION_BYTES_MAX, Expression, Part, SyntaxError, WorkflowField};
use crate::words::did_you_mean;

const ROOTS: [&str; 13] = [
    "url",
    "method",
    "statusCode",
    "request",
    "response",
    "message",
    "inputs",
    "outputs",
    "steps",
    "workflows",
    "sourceDescriptions",
    "components",
    "self",
];
const PARTS: [&str; 4] = ["header", "query", "path", "body"];
const COMPONENTS: [&str; 3] = ["parameters", "successActions", "failureActions"];

/// Longest word that is held against the known ones; nobody slips that far.
const SLIP_BYTES_MAX: usize = 64;

const IDENTIFIER: &str = "a name of letters, digits, `.`, `-` and `_`";
const IDENTIFIER_STRICT: &str = "an id of letters, digits, `-` and `_`";

pub(super) fn whole(text: &str) -> Result<Expression, SyntaxError> {
    let (expression, end) = prefix(text)?;
    if end == text.len() { Ok(expression) } else { Err(trailing(text, &expression, end)) }
}

pub(super) fn prefix(text: &str) -> Result<(Expression, usize), SyntaxError> {
    if text.len() > EXPRESSION_BYTES_MAX {
        let message = format!("the expression is longer than {EXPRESSION_BYTES_MAX} bytes");
        return Err(SyntaxError::new(EXPRESSION_BYTES_MAX, message));
    }
    let mut parser = Parser { text, at: 0 };
    let expression = parser.expression()?;
    Ok((expression, parser.at))
}

pub(super) fn is_meant(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('$') else { return false };
    let end = rest.find(|character: char| !character.is_ascii_alphabetic()).unwrap_or(rest.len());
    let (root, after) = rest.split_at(end);
    if root.is_empty() {
        return false;
    }
    if after.is_empty() {
        return ROOTS.iter().any(|known| known.eq_ignore_ascii_case(root));
    }
    match ROOTS.contains(&root) {
        true => after.starts_with(['.', '#', '[', '/', '}']),
        false => after.starts_with('.') && known(root, &ROOTS).is_some(),
    }
}

/// Text goes on behind a complete expression.
fn trailing(text: &str, expression: &Expression, end: usize) -> SyntaxError {
    let rest = &text[end..];
    let takes_pointer = match expression {
        Expression::Request(Part::Body(pointer)) | Expression::Response(Part::Body(pointer)) => pointer.is_empty(),
        Expression::Inputs { pointer, .. }
        | Expression::Outputs { pointer, .. }
        | Expression::Step { pointer, .. }
        | Expression::Workflow { pointer, .. } => pointer.is_empty(),
        _ => false,
    };
    let found = rest.chars().next().unwrap_or(' ');
    let expected = if takes_pointer { "`#` with a JSON Pointer, or the end" } else { "the end of the expression" };
    let error = SyntaxError::new(end, format!("expected {expected}, not `{}`", found.escape_debug()));
    let before = &text[..end];
    match takes_pointer.then(|| dotted_as_pointer(rest)).flatten() {
        Some(pointer) => error.hint(format!("write `{before}#{pointer}`")),
        None if found == '.' || found == '[' => error,
        None => error.hint(format!("in the middle of text an expression stands in braces: `{{{before}}}`")),
    }
}

/// `.data[0].id` as it should be written: `/data/0/id`.
fn dotted_as_pointer(rest: &str) -> Option<String> {
    let plain = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '[' | ']' | '_' | '-');
    if !rest.starts_with(['.', '[']) || !rest.chars().all(plain) {
        return None;
    }
    let keys = rest.split(['.', '[', ']']).filter(|key| !key.is_empty());
    Some(keys.map(|key| format!("/{key}")).collect())
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Parser<'t> {
    fn expression(&mut self) -> Result<Expression, SyntaxError> {
        if !self.take("$") {
            return Err(self.expected("`$` and the root of an expression"));
        }
        let root = self.run(|character| character.is_ascii_alphabetic());
        match root {
            "url" => Ok(Expression::Url),
            "method" => Ok(Expression::Method),
            "statusCode" => Ok(Expression::StatusCode),
            "self" => Ok(Expression::SelfUri),
            "request" => Ok(Expression::Request(self.part("request")?)),
            "response" => Ok(Expression::Response(self.part("response")?)),
            "message" => self.message(),
            "inputs" => {
                let (name, pointer) = self.named("the name of an input")?;
                Ok(Expression::Inputs { name, pointer })
            }
            "outputs" => {
                let (name, pointer) = self.named("the name of an output")?;
                Ok(Expression::Outputs { name, pointer })
            }
            "steps" => self.step(),
            "workflows" => self.workflow(),
            "sourceDescriptions" => self.source(),
            "components" => self.component(),
            unknown => Err(self.unknown_root(unknown)),
        }
    }

    fn unknown_root(&self, root: &str) -> SyntaxError {
        let start = self.at - root.len();
        if root.is_empty() {
            return self.expected("the root of an expression, such as `response` or `inputs`");
        }
        let error = SyntaxError::new(start, format!("`${root}` is no root of an expression"));
        match known(root, &ROOTS) {
            Some(known) => error.hint(format!("did you mean `${known}`?")),
            None => error.hint(format!("known are `${}`", ROOTS.join("`, `$"))),
        }
    }

    /// `source` of the ABNF. Its `payload` belongs to AsyncAPI's messages; for HTTP it could only ever lead nowhere.
    fn part(&mut self, root: &str) -> Result<Part, SyntaxError> {
        self.dot("one of `header`, `query`, `path` and `body`")?;
        let start = self.at;
        let word = self.run(|character| character.is_ascii_alphabetic());
        match word {
            "header" => {
                self.dot("the name of a header")?;
                let name = self.run(is_tchar);
                if name.is_empty() {
                    return Err(self.expected("the name of a header"));
                }
                Ok(Part::Header(name.to_owned()))
            }
            "query" => {
                self.dot("the name of a query parameter")?;
                Ok(Part::Query(self.characters()?))
            }
            "path" => {
                self.dot("the name of a path parameter")?;
                Ok(Part::Path(self.characters()?))
            }
            "body" => Ok(Part::Body(self.pointer()?)),
            "payload" => Err(SyntaxError::new(start, "`payload` is a part of AsyncAPI messages, and this is HTTP")
                .hint(format!("write `${root}.body`"))),
            unknown => Err(unknown_word(start, unknown, &format!("part of `${root}`"), &PARTS)),
        }
    }

    /// The same `source`, kept as it is written, since nothing here evaluates it.
    fn message(&mut self) -> Result<Expression, SyntaxError> {
        const MESSAGE_PARTS: [&str; 5] = ["header", "query", "path", "body", "payload"];
        self.dot("`header` or `payload`")?;
        let start = self.at;
        match self.run(|character| character.is_ascii_alphabetic()) {
            "header" => {
                self.dot("the name of a header")?;
                if self.run(is_tchar).is_empty() {
                    return Err(self.expected("the name of a header"));
                }
            }
            "query" | "path" => {
                self.dot("a name")?;
                self.characters()?;
            }
            "body" | "payload" => {
                self.pointer()?;
            }
            unknown => return Err(unknown_word(start, unknown, "part of `$message`", &MESSAGE_PARTS)),
        }
        Ok(Expression::Message(self.text[start..self.at].to_owned()))
    }

    /// `.name` with an optional pointer.
    fn named(&mut self, what: &str) -> Result<(String, String), SyntaxError> {
        self.dot(what)?;
        let name = self.identifier()?;
        Ok((name, self.pointer()?))
    }

    fn step(&mut self) -> Result<Expression, SyntaxError> {
        self.dot("a `stepId`")?;
        let step = self.identifier_strict()?;
        self.dot("`outputs`")?;
        let start = self.at;
        let field = self.run(is_identifier_strict);
        if field != "outputs" {
            return Err(self.not_outputs(start, &format!("$steps.{step}"), field));
        }
        let (output, pointer) = self.named("the name of an output")?;
        Ok(Expression::Step { step, output, pointer })
    }

    fn not_outputs(&self, start: usize, before: &str, field: &str) -> SyntaxError {
        let error = SyntaxError::new(start, format!("expected `outputs` after `{before}.`, not `{field}`"));
        let after = &self.text[self.at..];
        match known(field, &["outputs"]) {
            Some(_) => error.hint("did you mean `outputs`?"),
            None if field == "inputs" => error.hint("a step has outputs only; a workflow's inputs are `$inputs.NAME`"),
            None if field.is_empty() => error,
            None => error.hint(format!("write `{before}.outputs.{field}{after}`")),
        }
    }

    fn workflow(&mut self) -> Result<Expression, SyntaxError> {
        self.dot("a `workflowId`")?;
        let workflow = self.identifier_strict()?;
        self.dot("`inputs` or `outputs`")?;
        let start = self.at;
        let field = match self.run(is_identifier_strict) {
            "inputs" => WorkflowField::Inputs,
            "outputs" => WorkflowField::Outputs,
            unknown => return Err(unknown_word(start, unknown, "field of a workflow", &["inputs", "outputs"])),
        };
        let (name, pointer) = self.named("a name")?;
        Ok(Expression::Workflow { workflow, field, name, pointer })
    }

    fn source(&mut self) -> Result<Expression, SyntaxError> {
        self.dot("the name of a source description")?;
        let name = self.identifier_strict()?;
        self.dot("an `operationId`, a `workflowId`, `url` or `type`")?;
        let reference = self.characters()?;
        if reference.is_empty() {
            return Err(self.expected("an `operationId`, a `workflowId`, `url` or `type`"));
        }
        Ok(Expression::Source { name, reference })
    }

    fn component(&mut self) -> Result<Expression, SyntaxError> {
        self.dot("`parameters`, `successActions` or `failureActions`")?;
        let start = self.at;
        let kind = self.run(is_identifier_strict);
        if kind == "inputs" {
            return Err(SyntaxError::new(start, "components of kind `inputs` are no runtime expressions")
                .hint("write `$ref: '#/components/inputs/NAME'` in the workflow's `inputs`"));
        }
        if !COMPONENTS.contains(&kind) {
            return Err(unknown_word(start, kind, "kind of component", &COMPONENTS));
        }
        self.dot("the name of a component")?;
        Ok(Expression::Component { kind: kind.to_owned(), name: self.identifier()? })
    }

    fn identifier(&mut self) -> Result<String, SyntaxError> {
        match self.run(|character| character == '.' || is_identifier_strict(character)) {
            "" => Err(self.expected(IDENTIFIER)),
            name => Ok(name.to_owned()),
        }
    }

    fn identifier_strict(&mut self) -> Result<String, SyntaxError> {
        match self.run(is_identifier_strict) {
            "" => Err(self.expected(IDENTIFIER_STRICT)),
            name => Ok(name.to_owned()),
        }
    }

    /// `[ "#" json-pointer ]`.
    fn pointer(&mut self) -> Result<String, SyntaxError> {
        if !self.take("#") {
            return Ok(String::new());
        }
        let start = self.at;
        if !self.rest().is_empty() && !self.rest().starts_with('/') {
            let key = self.rest().split(['/', '.']).next().unwrap_or_default();
            return Err(self.expected("`/` after `#`").hint(format!("a JSON Pointer starts with `/`: `#/{key}`")));
        }
        loop {
            self.run(|character| !matches!(character, '~' | '{' | '}'));
            if !self.rest().starts_with('~') {
                return Ok(self.text[start..self.at].to_owned());
            }
            if !self.take("~0") && !self.take("~1") {
                let error = SyntaxError::new(self.at, "a lone `~` in a JSON Pointer");
                return Err(error.hint("in a key, `~` is written `~0` and `/` is written `~1`"));
            }
        }
    }

    /// `*( CHAR )`: text in which `\` starts a JSON escape. Returned unescaped.
    fn characters(&mut self) -> Result<String, SyntaxError> {
        let mut name = String::new();
        loop {
            name.push_str(self.run(is_unescape));
            if !self.rest().starts_with('\\') {
                return Ok(name);
            }
            name.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Result<char, SyntaxError> {
        let start = self.at;
        let bad = || {
            SyntaxError::new(start, "a broken escape").hint("a `\\` starts a JSON escape; a backslash itself is `\\\\`")
        };
        let kind = self.rest()[1..].chars().next().ok_or_else(bad)?;
        self.at += 1 + kind.len_utf8();
        match kind {
            '"' | '\\' | '/' => Ok(kind),
            'b' => Ok('\u{8}'),
            'f' => Ok('\u{c}'),
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            't' => Ok('\t'),
            'u' => {
                let first = self.code_unit().ok_or_else(bad)?;
                let second = match first {
                    0xd800..=0xdbff if self.take("\\u") => Some(self.code_unit().ok_or_else(bad)?),
                    _ => None,
                };
                let mut decoded = char::decode_utf16([first].into_iter().chain(second));
                match (decoded.next(), decoded.next()) {
                    (Some(Ok(character)), None) => Ok(character),
                    _ => Err(bad()),
                }
            }
            _ => Err(bad()),
        }
    }

    /// `4HEXDIG`.
    fn code_unit(&mut self) -> Option<u16> {
        let digits = self.rest().get(..4).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
        let unit = u16::from_str_radix(digits, 16).ok()?;
        self.at += 4;
        Some(unit)
    }

    fn dot(&mut self, what: &str) -> Result<(), SyntaxError> {
        if self.take(".") { Ok(()) } else { Err(self.expected(&format!("`.` and {what}"))) }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    /// The longest run of such characters.
    fn run(&mut self, is_part: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|character| !is_part(character)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn expected(&self, what: &str) -> SyntaxError {
        match self.rest().chars().next() {
            Some(found) => SyntaxError::new(self.at, format!("expected {what}, not `{}`", found.escape_debug())),
            None => SyntaxError::new(self.at, format!("expected {what} at the end")),
        }
    }
}

fn unknown_word(at: usize, word: &str, what: &str, known_words: &[&str]) -> SyntaxError {
    let list = format!("`{}`", known_words.join("`, `"));
    if word.is_empty() {
        return SyntaxError::new(at, format!("expected one of {list}"));
    }
    let error = SyntaxError::new(at, format!("`{word}` is no {what}"));
    match known(word, known_words) {
        Some(known) => error.hint(format!("did you mean `{known}`?")),
        None => error.hint(format!("known are {list}")),
    }
}

/// The known word that was probably meant: one in the wrong case, or the nearest.
fn known<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    if word.len() > SLIP_BYTES_MAX {
        return None;
    }
    let same = known.iter().find(|known| known.eq_ignore_ascii_case(word));
    same.copied().or_else(|| did_you_mean(word, known.iter().copied()))
}

fn is_identifier_strict(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_')
}

/// `tchar` of RFC 9110, 5.6.2.
fn is_tchar(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character)
}

fn is_unescape(character: char) -> bool {
    character >= ' ' && !matches!(character, '"' | '\\' | '{' | '}')
}
