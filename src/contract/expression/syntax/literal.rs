//! Quoted texts and numbers, as CEL writes them.

use std::borrow::Cow;

use serde_json::Number;

use super::lexer::TokenKind;
use super::mistake;
use crate::contract::expression::ExpressionError;

/// What a quoted text holds, and where it ends. `open` is the byte of its first quote; in a `raw` one a backslash is a backslash.
pub fn quoted(text: &str, open: usize, raw: bool) -> Result<(Cow<'_, str>, usize), ExpressionError> {
    let fence = fence(&text[open..]);
    let quote = fence.chars().next().unwrap_or('\'');
    let start = open + fence.len();
    let (mut read, mut read_to, mut at) = (String::new(), start, start);
    while let Some(stop) = text[at..].find([quote, '\\', '\n', '\r']) {
        at += stop;
        let rest = &text[at..];
        if rest.starts_with(fence) {
            let last = &text[read_to..at];
            let inside = if read_to == start { Cow::Borrowed(last) } else { Cow::Owned(read + last) };
            return Ok((inside, at + fence.len()));
        }
        let (character, length) = match rest.as_bytes()[0] {
            b'\\' if !raw => escape(rest).ok_or_else(|| mistake::no_escape(rest, at))?,
            b'\n' | b'\r' if fence.len() == 1 => break,
            // Line ends are the same on every machine.
            b'\r' => ('\n', if rest.starts_with("\r\n") { 2 } else { 1 }),
            _ => {
                at += 1;
                continue;
            }
        };
        read.push_str(&text[read_to..at]);
        read.push(character);
        at += length;
        read_to = at;
    }
    Err(mistake::not_closed(&text[at..], open, fence))
}

/// What a text begins and ends with. No expression has two texts side by side, so `''` before a third quote is never an empty one.
fn fence(text: &str) -> &'static str {
    let fences = ["'''", "\"\"\"", "'", "\""];
    fences.into_iter().find(|fence| text.starts_with(fence)).unwrap_or("'")
}

/// The character that an escape stands for, and the bytes that it takes.
fn escape(text: &str) -> Option<(char, usize)> {
    let plain = |character| Some((character, 2));
    match text[1..].chars().next()? {
        'a' => plain('\u{7}'),
        'b' => plain('\u{8}'),
        'f' => plain('\u{c}'),
        'n' => plain('\n'),
        'r' => plain('\r'),
        't' => plain('\t'),
        'v' => plain('\u{b}'),
        itself @ ('\\' | '\'' | '"' | '`' | '?') => plain(itself),
        'x' | 'X' => coded(text, 2..4, 16),
        'u' => coded(text, 2..6, 16),
        'U' => coded(text, 2..10, 16),
        '0'..='3' => coded(text, 1..4, 8),
        _ => None,
    }
}

fn coded(text: &str, place: std::ops::Range<usize>, radix: u32) -> Option<(char, usize)> {
    let end = place.end;
    let digits = text.get(place)?;
    // Without the check, a `+` would be taken for a sign.
    let digits = digits.chars().all(|digit| digit.is_digit(radix)).then_some(digits)?;
    Some((char::from_u32(u32::from_str_radix(digits, radix).ok()?)?, end))
}

/// A number's token, which begins at `start` with a digit or with a point and a digit, and where it ends.
pub fn number(text: &str, start: usize) -> (TokenKind<'_>, usize) {
    let text = &text[start..];
    let hexadecimal = text.strip_prefix("0x").map_or(0, |digits| count(digits, |byte| byte.is_ascii_hexdigit()));
    let whole = if hexadecimal > 0 { 2 + hexadecimal } else { count_digits(text) };
    let double = if hexadecimal > 0 { whole } else { double_end(text, whole) };
    if double > whole {
        return (TokenKind::Double(&text[..double]), start + double);
    }
    let digits = &text[..whole];
    match text[whole..].starts_with(['u', 'U']) {
        true => (TokenKind::Unsigned(digits), start + whole + 1),
        false => (TokenKind::Integer(digits), start + whole),
    }
}

/// Where a number ends with its fraction and exponent, if it has any.
fn double_end(text: &str, whole: usize) -> usize {
    let fraction = text[whole..].strip_prefix('.').map_or(0, count_digits);
    let end = if fraction > 0 { whole + 1 + fraction } else { whole };
    let Some(exponent) = text[end..].strip_prefix(['e', 'E']) else { return end };
    let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let sign = exponent.len() - digits.len();
    match count_digits(digits) {
        0 => end,
        digits => end + 1 + sign + digits,
    }
}

fn count_digits(text: &str) -> usize {
    count(text, |byte| byte.is_ascii_digit())
}

fn count(text: &str, wanted: fn(&u8) -> bool) -> usize {
    text.bytes().take_while(wanted).count()
}

/// The value of an integer's digits; `None` where it is out of range.
pub fn integer(digits: &str, negative: bool) -> Option<i64> {
    let magnitude = unsigned(digits)?;
    if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

pub fn unsigned(digits: &str) -> Option<u64> {
    match digits.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => digits.parse().ok(),
    }
}

pub fn double(digits: &str, negative: bool) -> Option<Number> {
    let magnitude: f64 = digits.parse().ok()?;
    Number::from_f64(if negative { -magnitude } else { magnitude })
}
