//! What is wrong with a text, and what its author probably meant: the words of other languages, brackets, quotes.

use std::ops::Range;

use crate::contract::expression::ExpressionError;
use crate::contract::expression::functions::{FORMS, FUNCTIONS};
use crate::contract::expression::path::KEYWORDS;

/// What other languages have for operators, and what to write here. The longer ones come first.
const NO_OPERATORS: [(&str, &str); 10] = [
    ("===", "did you mean `==`?"),
    ("!==", "did you mean `!=`?"),
    ("<>", "did you mean `!=`?"),
    ("=>", "did you mean `>=`?"),
    ("=<", "did you mean `<=`?"),
    ("=~", "did you mean text.matches(pattern)?"),
    ("??", "did you mean x.?y.orValue(z)?"),
    ("=", "did you mean `==`?"),
    ("&", "did you mean `&&`?"),
    ("|", "did you mean `||`?"),
];
const CONDITIONAL: &str = "a conditional is written test ? then : otherwise";
/// How many characters of an expression a message shows.
const EXCERPT_MAX: usize = 24;

/// Where the grammar wants something else.
pub struct Place<'t> {
    pub text: &'t str,
    /// The last token that fits.
    pub before: Range<usize>,
    /// The one that does not; empty where the text ends.
    pub found: Range<usize>,
}

impl<'t> Place<'t> {
    fn found(&self) -> &'t str {
        &self.text[self.found.clone()]
    }

    fn before(&self) -> &'t str {
        &self.text[self.before.clone()]
    }

    /// `wanted`, and behind which token: for what must follow, as opposed to what may.
    pub fn after(&self, wanted: &str) -> String {
        match self.before() {
            "" => wanted.to_owned(),
            before => format!("{wanted} after `{}`", excerpt(before)),
        }
    }

    pub fn expected(&self, wanted: &str, hint: Option<String>) -> ExpressionError {
        let message = match self.found() {
            "" => format!("expected {wanted}"),
            found => format!("expected {wanted}, not `{}`", excerpt(found)),
        };
        ExpressionError { hint, ..ExpressionError::new(message, self.found.start) }
    }
}

/// A complete expression goes on.
pub fn at_end(place: &Place<'_>) -> Option<String> {
    match place.found() {
        ")" | "]" | "}" => Some("no bracket is open that it could close".to_owned()),
        _ => after_operand(place),
    }
}

/// A value is followed by something that cannot follow it.
pub fn after_operand(place: &Place<'_>) -> Option<String> {
    let (before, found) = (place.before(), place.found());
    if matches!(before, "not" | "NOT") {
        return Some("not is written `!`".to_owned());
    }
    let hint = match found {
        "and" | "AND" => "and is written `&&`",
        "or" | "OR" => "or is written `||`",
        "not" | "NOT" => "not is written `!`: !(x in list)",
        "is" | "eq" | "equals" => "equality is written `==`",
        "if" | "then" | "else" | "unless" | ":" => CONDITIONAL,
        "," => "a list is written [x, y]",
        _ if found.starts_with('.') && before.ends_with(is_name_end) => "an element is written x[0]",
        _ if before.ends_with(['\'', '"']) && place.before.end == place.found.start => {
            "a quote inside of a text is written \\' or \\\""
        }
        _ => return signature(found).map(|signature| format!("it is written {signature}")),
    };
    Some(hint.to_owned())
}

/// Something stands where a value should.
pub fn no_value(place: &Place<'_>) -> Option<String> {
    let hint = match (place.before(), place.found()) {
        (",", ")") => "leave out the last comma",
        (_, "+") => "a number has no `+` before it",
        _ => return None,
    };
    Some(hint.to_owned())
}

/// Something stands where a member's name should.
pub fn no_member(place: &Place<'_>) -> Option<String> {
    let found = place.found();
    match found.chars().next()? {
        '0'..='9' => Some("an element is written x[0]".to_owned()),
        '\'' | '"' => Some(format!("write x[{}]", excerpt(found))),
        '[' => Some("leave out the dot".to_owned()),
        _ if KEYWORDS.contains(&found) => Some(format!("write x['{found}']")),
        _ => None,
    }
}

pub fn in_conditional(place: &Place<'_>) -> Option<String> {
    match place.found() {
        "?" => Some("put the inner conditional in parentheses".to_owned()),
        "" => Some(format!("{CONDITIONAL}; an optional member x.?y")),
        _ => after_operand(place).or(Some(CONDITIONAL.to_owned())),
    }
}

pub fn in_object(place: &Place<'_>) -> Option<String> {
    let hint = match place.text.trim_start().starts_with("{{") {
        true => "leave out the `{{ }}`: all of this is an expression",
        false => "an object is written {'key': value}",
    };
    Some(hint.to_owned())
}

/// The operator of another language that a text begins with.
pub fn foreign_operator(rest: &str) -> Option<(&'static str, &'static str)> {
    NO_OPERATORS.into_iter().find(|(sign, _)| rest.starts_with(sign))
}

pub fn no_operator((sign, hint): (&str, &str), offset: usize) -> ExpressionError {
    ExpressionError::new(format!("`{sign}` is no operator"), offset).hint(hint)
}

/// No token begins like this.
pub fn no_token(rest: &str, offset: usize) -> ExpressionError {
    let first = rest.chars().next().unwrap_or_default();
    let error = |message: String| ExpressionError::new(message, offset);
    match first {
        '`' => error("names in backticks are not supported".to_owned()).hint("write x['any name']"),
        '‘' | '’' | '“' | '”' => {
            error(format!("`{first}` is no quote")).hint("texts stand in straight ones: 'text'")
        }
        '#' => error("`#` means nothing here".to_owned()).hint("a comment begins with `//`"),
        _ if first.is_whitespace() => {
            error(format!("unusual white space (U+{:04X})", u32::from(first))).hint("write a plain space")
        }
        _ if first.is_alphabetic() => error(format!("`{first}` cannot stand in a name"))
            .hint("names are made of A-Z, a-z, 0-9 and _; another member is written x['any name']"),
        _ => error(format!("`{}` means nothing here", first.escape_debug())),
    }
}

pub fn no_number(text: &str, offset: usize) -> ExpressionError {
    let hint = match text.as_bytes() {
        [b'0', b'X', ..] => "hexadecimal numbers begin with a small `0x`",
        bytes if bytes.contains(&b'_') => "digits stand together, without `_`",
        _ => "names begin with a letter, and texts stand in quotes",
    };
    ExpressionError::new(format!("`{}` is no number", excerpt(text)), offset).hint(hint)
}

pub fn out_of_range(text: &str, offset: usize) -> ExpressionError {
    let error = ExpressionError::new(format!("`{}` is out of range", excerpt(text)), offset);
    // A double is out of range by its exponent alone, or by digits that nobody writes.
    match text.contains(['.', 'e', 'E']) && !text.contains("0x") {
        true => error.hint(format!("doubles go up to {:e}", f64::MAX)),
        false => {
            error.hint(format!("integers go from {} to {}, with a `u` behind to {}", i64::MIN, i64::MAX, u64::MAX))
        }
    }
}

pub fn not_closed(rest: &str, open: usize, fence: &str) -> ExpressionError {
    let error = ExpressionError::new("a text is not closed", open);
    match rest.starts_with(['\n', '\r']) {
        true => error.hint(format!("end it with `{fence}` on its line, or write it between `{}`", fence.repeat(3))),
        false => error.hint(format!("end it with `{fence}`")),
    }
}

pub fn no_escape(rest: &str, offset: usize) -> ExpressionError {
    let error = |text: String| ExpressionError::new(text, offset);
    let Some(letter) = rest.chars().nth(1) else { return error("a text ends with `\\`".to_owned()) };
    let digits = match letter {
        'x' | 'X' => 2,
        'u' => 4,
        'U' => 8,
        '0'..='9' => return error(format!("`\\{letter}` is no escape")).hint("octal ones go from `\\000` to `\\377`"),
        _ => {
            return error(format!("`\\{}` is no escape", letter.escape_debug()))
                .hint("write `\\\\` for a backslash, or r'…' for a text without escapes");
        }
    };
    let code = rest[2..].chars().take_while(char::is_ascii_hexdigit).take(digits).count();
    match code == digits {
        true => error(format!("`{}` is no character", &rest[..2 + digits])),
        false => error(format!("`\\{letter}` is not followed by {digits} hexadecimal digits")),
    }
}

pub fn byte_text(offset: usize) -> ExpressionError {
    ExpressionError::new("byte texts are not supported", offset).hint("leave out the `b`")
}

pub fn message(offset: usize) -> ExpressionError {
    ExpressionError::new("messages cannot be built here", offset).hint("write {'key': value}")
}

pub fn leading_dot(offset: usize) -> ExpressionError {
    ExpressionError::new("a value cannot begin with a dot", offset).hint("a name has no dot before it")
}

pub fn mixed_signs(offset: usize) -> ExpressionError {
    ExpressionError::new("`!` and `-` cannot follow each other", offset).hint("put the inner one in parentheses: !(-x)")
}

pub fn reserved(name: &str, offset: usize) -> ExpressionError {
    let error = ExpressionError::new(format!("`{name}` is a reserved word"), offset);
    match name {
        "if" | "else" => error.hint(CONDITIONAL),
        "for" | "while" | "loop" => error.hint("a loop is written list.map(x, value)"),
        _ => error.hint("only members may be called so"),
    }
}

/// A text's beginning, on one line.
pub fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(EXCERPT_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

fn signature(name: &str) -> Option<&'static str> {
    let functions = FUNCTIONS.iter().map(|function| (function.name, function.signature));
    let mut known = functions.chain(FORMS.iter().map(|form| (form.name, form.signature)));
    known.find(|(known, _)| *known == name).map(|(_, signature)| signature)
}

fn is_name_end(character: char) -> bool {
    character == '_' || character == ']' || character == ')' || character.is_ascii_alphanumeric()
}
