//! The functions that expressions may call: pure, and named for no service.
//!
//! [`FUNCTIONS`] is the one table: the name check, the documentation and a test that runs every example all read it.

mod argument;
mod collection;
mod convert;
mod digest;
mod recurrence;
mod sort;
pub mod text;
pub mod time;
mod window;
mod zone;

use std::borrow::Cow;

use serde_json::Value;

use argument::Arguments;

/// A function of the language; callable as `f(x, y)` and as `x.f(y)`.
#[derive(Debug)]
pub struct Function {
    pub name: &'static str,
    /// `substring(text, start[, end])`.
    pub signature: &'static str,
    pub meaning: &'static str,
    /// An expression, and the JSON it comes to.
    pub example: &'static str,
    pub result: &'static str,
    arguments_min: usize,
    arguments_max: usize,
    body: fn(Arguments<'_>) -> Result<Value, String>,
}

/// A form of the language that looks like a function and is none: it decides what is evaluated.
#[derive(Debug)]
pub struct Form {
    pub name: &'static str,
    pub signature: &'static str,
    pub meaning: &'static str,
    pub example: &'static str,
    pub result: &'static str,
}

impl Function {
    pub fn takes(&self, count: usize) -> bool {
        (self.arguments_min..=self.arguments_max).contains(&count)
    }

    /// Calls the function; the error is a fragment without the function's name.
    pub fn run(&self, arguments: &[Cow<'_, Value>]) -> Result<Value, String> {
        (self.body)(Arguments(arguments))
    }
}

/// A row of the table. The order is that of the documentation: how to call it, what it does, an example with its result.
const fn function(
    name: &'static str,
    (arguments_min, arguments_max): (usize, usize),
    signature: &'static str,
    body: fn(Arguments<'_>) -> Result<Value, String>,
    meaning: &'static str,
    (example, result): (&'static str, &'static str),
) -> Function {
    Function { name, signature, meaning, example, result, arguments_min, arguments_max, body }
}

#[rustfmt::skip]
pub static FUNCTIONS: &[Function] = &[
    // Any value.
    function("size", (1, 1), "size(value)", collection::size, "characters of a text, elements of a list, keys of an object; 0 for null", ("size('añb')", "3")),
    function("string", (1, 1), "string(value)", convert::string, "the value as text: null as nothing, lists and objects as JSON", ("string(12)", r#""12""#)),
    function("int", (1, 1), "int(value)", convert::int, "an integer from a text or a number; fractions are cut off", ("int('42') + int(1.9)", "43")),
    function("double", (1, 1), "double(value)", convert::double, "a double from a text or a number", ("double('1.5')", "1.5")),
    function("round", (1, 2), "round(number[, digits])", convert::round, "the number rounded to so many digits after the point, halves away from zero; without digits an integer", ("[round(2.5), round(0.125, 2)]", "[3,0.13]")),
    function("json", (1, 1), "json(value)", convert::json, "the value as compact JSON text", ("json([1, 'a'])", r#""[1,\"a\"]""#)),
    // Texts.
    function("contains", (2, 2), "contains(text, part)", text::contains, "does the text contain the part; for a list, the element", ("'abc'.contains('b')", "true")),
    function("startsWith", (2, 2), "startsWith(text, prefix)", text::starts_with, "does the text start with the prefix", ("'abc'.startsWith('ab')", "true")),
    function("endsWith", (2, 2), "endsWith(text, suffix)", text::ends_with, "does the text end with the suffix", ("'abc'.endsWith('ab')", "false")),
    function("matches", (2, 2), "matches(text, pattern)", text::matches, "does a part of the text match the regular expression", ("'a-12'.matches('^[a-z]-[0-9]+$')", "true")),
    function("lower", (1, 1), "lower(text)", text::lower, "the text in lower case", ("lower('ÄB')", r#""äb""#)),
    function("upper", (1, 1), "upper(text)", text::upper, "the text in upper case", ("upper('äb')", r#""ÄB""#)),
    function("trim", (1, 1), "trim(text)", text::trim, "the text without white space at its ends", ("trim(' a ')", r#""a""#)),
    function("split", (2, 2), "split(text, separator)", text::split, "the parts between the separators; none for an empty text", ("split('a,b', ',')", r#"["a","b"]"#)),
    function("join", (1, 2), "join(list[, separator])", text::join, "the elements as one text", ("join(['a', 1], '-')", r#""a-1""#)),
    function("replace", (3, 3), "replace(text, from, to)", text::replace, "the text with every `from` replaced", ("replace('a b c', ' ', '_')", r#""a_b_c""#)),
    function("substring", (2, 3), "substring(text, start[, end])", text::substring, "characters from start up to end, as far as there are any", ("substring('héllo', 1, 3)", r#""él""#)),
    function("indexOf", (2, 2), "indexOf(list, value), indexOf(text, part)", collection::index_of, "where the value or the part stands first, from 0; -1 where it does not", ("indexOf(['a', 'b'], 'b')", "1")),
    function("graphemes", (1, 1), "graphemes(text)", text::graphemes, "how many characters a reader sees; size counts code points", ("graphemes('é👨‍👩‍👧')", "2")),
    function("encode", (1, 1), "encode(text)", text::encode, "the text percent-encoded for a value in a query", ("encode('a b&c')", r#""a%20b%26c""#)),
    // Digests.
    function("sha256", (1, 1), "sha256(text)", digest::sha256, "SHA-256 as lower-case hexadecimal", ("substring(sha256('abc'), 0, 8)", r#""ba7816bf""#)),
    function("sha256Base64Url", (1, 1), "sha256Base64Url(text)", digest::sha256_base64_url, "SHA-256 as base64url without padding (the S256 challenge of PKCE)", ("sha256Base64Url('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')", r#""E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM""#)),
    function("base64", (1, 1), "base64(text)", digest::base64, "the text's UTF-8 bytes as base64 with padding", ("base64('user:pw')", r#""dXNlcjpwdw==""#)),
    function("jwt", (2, 2), "jwt(claims, secret)", digest::jwt, "a JSON Web Token of the claims as they are, signed with HS256", ("jwt({'sub': '1'}, 'secret')", r#""eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.8qZF8vbN3UpcanXFc-mPXJkOPN01-bRch8XX3rToP1U""#)),
    function("hash", (2, 2), "hash(text, n)", digest::hash, "a stable integer from 0 up to n - 1", ("hash('a', 10) == hash('a', 10) && hash('a', 10) < 10", "true")),
    // Time: milliseconds since the Unix epoch, in UTC. Where a moment is taken, RFC 3339 text and `YYYY-MM-DD` will do, too.
    function("iso", (1, 1), "iso(moment)", time::iso, "RFC 3339 text; milliseconds are shown where there are any", ("iso(1767225600000)", r#""2026-01-01T00:00:00Z""#)),
    function("isoMillis", (1, 1), "isoMillis(moment)", time::iso_millis, "RFC 3339 text with milliseconds", ("isoMillis(1767225600000)", r#""2026-01-01T00:00:00.000Z""#)),
    function("millis", (1, 1), "millis(moment)", time::millis, "milliseconds since the Unix epoch", ("millis('2026-01-01T00:00:00Z')", "1767225600000")),
    function("seconds", (1, 1), "seconds(moment)", time::seconds, "whole seconds since the Unix epoch", ("seconds(1999)", "1")),
    function("date", (1, 1), "date(moment)", time::date, "the day as `YYYY-MM-DD`", ("date(1767225600000)", r#""2026-01-01""#)),
    function("dayStart", (1, 1), "dayStart(moment)", time::day_start, "the day's first millisecond", ("dayStart('2026-01-01T13:00:00Z')", "1767225600000")),
    function("monthStart", (1, 1), "monthStart(moment)", time::month_start, "the month's first millisecond", ("monthStart('2026-01-31')", "1767225600000")),
    function("addDays", (2, 2), "addDays(moment, n)", time::add_days, "the same time of day, n days later", ("iso(addDays('2026-02-28', 1))", r#""2026-03-01T00:00:00Z""#)),
    function("weekday", (1, 1), "weekday(moment)", time::weekday, "1 for Monday to 7 for Sunday", ("weekday('2026-01-01')", "4")),
    function("hour", (1, 1), "hour(moment)", time::hour, "the hour of the day, 0 to 23", ("hour('2026-01-01T13:45:00Z')", "13")),
    function("knowsZone", (1, 1), "knowsZone(text)", zone::knows_zone, "is it the name of a time zone (IANA); false for what is no text", ("knowsZone('Europe/Berlin')", "true")),
    function("inZone", (2, 2), "inZone(moment, zone)", zone::in_zone, "what calendar and clock show there; weekday is 1 for Monday to 7 for Sunday, offset the minutes ahead of UTC", ("inZone('2026-07-01T22:30:00Z', 'Europe/Berlin')", r#"{"year":2026,"month":7,"day":2,"hour":0,"minute":30,"weekday":4,"offset":120}"#)),
    function("nextOccurrence", (2, 2), "nextOccurrence(rule, after)", recurrence::next_occurrence, "when a recurrence is due next, in ms: later than `after`, from `startsAt` to `endsAt`, both included; null when none is left. The rule is `{frequency: 'daily'|'weekly'|'monthly', interval?, daysOfWeek?, dayOfMonth?, timezone?, startsAt, endsAt?}`: every so many days, weeks (from Sunday, which is 0) or months, at the time of day that `startsAt` has in the time zone; a month that is too short gives its last day", ("iso(nextOccurrence({'frequency': 'monthly', 'dayOfMonth': 31, 'timezone': 'Europe/Berlin', 'startsAt': '2026-01-31T08:00:00Z'}, '2026-03-01'))", r#""2026-03-31T07:00:00Z""#)),
    function("duration", (1, 1), "duration(text)", time::duration, "milliseconds of `1h30m`, `PT1H`, `30s`, `7d`", ("duration('1h30m')", "5400000")),
    // Lists.
    function("distinct", (1, 1), "distinct(list)", collection::distinct, "each element once, where it first stood", ("distinct([1, 2, 1])", "[1,2]")),
    function("without", (2, 2), "without(list, value)", collection::without, "the list without the elements that equal the value", ("without([1, 2, 1], 1)", "[2]")),
    function("concat", (2, 2), "concat(list, list)", collection::concat, "the elements of both", ("concat([1], [2])", "[1,2]")),
    function("slice", (2, 3), "slice(list, start[, end])", collection::slice, "elements from start up to end, as far as there are any", ("slice([1, 2, 3], 1, 9)", "[2,3]")),
    function("range", (1, 2), "range(end), range(start, end)", collection::range, "the integers from 0 or the start up to, not including, the end", ("range(1, 4)", "[1,2,3]")),
    function("sorted", (1, 3), "sorted(list[, member[, 'desc']])", sort::sorted, "the elements in order, by themselves or by one member; null is less than anything, and what is equal stays in place", ("sorted([{'n': 2}, {'n': 1}, {}], 'n')", r#"[{},{"n":1},{"n":2}]"#)),
    function("flatten", (1, 1), "flatten(list)", collection::flatten, "the elements of the lists inside in place of those lists", ("flatten([[1], [2, [3]], 4])", "[1,2,[3],4]")),
    function("pageWindow", (3, 3), "pageWindow(page, pages, each_side)", window::page_window, "page numbers to offer: the ends, so many on each side of the current one, and null for a gap", ("pageWindow(10, 20, 1)", "[1,2,null,9,10,11,null,19,20]")),
    function("sum", (1, 1), "sum(list)", collection::sum, "the numbers added up; 0 for none", ("sum([1, 2])", "3")),
    function("min", (1, 2), "min(list), min(a, b)", collection::min, "the least element; null for none", ("min([2, 1])", "1")),
    function("max", (1, 2), "max(list), max(a, b)", collection::max, "the greatest element; null for none", ("max(1, 2)", "2")),
    // Objects.
    function("grouped", (3, 3), "grouped(list, key, value)", collection::grouped, "the list's objects as an object of lists, by one member as text", ("grouped([{'k': 'a', 'v': 1}, {'k': 'a', 'v': 2}], 'k', 'v')", r#"{"a":[1,2]}"#)),
    function("keyed", (3, 3), "keyed(list, key, value)", collection::keyed, "the list's objects as an object, by one member as text; the first of each wins", ("keyed([{'k': 'a', 'v': 1}], 'k', 'v')", r#"{"a":1}"#)),
    function("keys", (1, 1), "keys(object)", collection::keys, "the keys, in their order", ("keys({'b': 1, 'a': 2})", r#"["a","b"]"#)),
    function("entries", (1, 1), "entries(object)", collection::entries, "a list of {key, value}, in their order", ("entries({'a': 1})", r#"[{"key":"a","value":1}]"#)),
    function("get", (2, 3), "get(object, key[, default])", collection::get, "the value at a key or index; the default where there is none", ("get({'a': 1}, 'b', 0)", "0")),
    function("merge", (2, 2), "merge(object, object)", collection::merge, "the first with the members of the second, which win", ("merge({'a': 1, 'b': 1}, {'b': 2})", r#"{"a":1,"b":2}"#)),
    function("omit", (2, 2), "omit(object, keys)", collection::omit, "the object without these members; of a list, each of its objects", ("omit({'a': 1, 'b': 2}, ['b'])", r#"{"a":1}"#)),
];

#[rustfmt::skip]
pub static FORMS: &[Form] = &[
    Form { name: "has", signature: "has(path.member)", meaning: "is the member there, be it null", example: "has({'a': null}.a)", result: "true" },
    Form { name: "orValue", signature: "path.?member.orValue(default)", meaning: "the member, or the default where it is not there; without the `?`, the default stands for null, too", example: "{'a': 1}.?b.orValue(2)", result: "2" },
    Form { name: "hasValue", signature: "path.?member.hasValue()", meaning: "is the member there", example: "{'a': 1}.?a.hasValue()", result: "true" },
    Form { name: "exists", signature: "list.exists(x, condition)", meaning: "does the condition hold for any element", example: "[1, 2].exists(x, x > 1)", result: "true" },
    Form { name: "all", signature: "list.all(x, condition)", meaning: "does the condition hold for every element", example: "[1, 2].all(x, x > 1)", result: "false" },
    Form { name: "exists_one", signature: "list.exists_one(x, condition)", meaning: "does the condition hold for just one element", example: "[1, 2].exists_one(x, x > 1)", result: "true" },
    Form { name: "filter", signature: "list.filter(x, condition)", meaning: "the elements for which the condition holds", example: "[1, 2].filter(x, x > 1)", result: "[2]" },
    Form { name: "map", signature: "list.map(x[, condition], value)", meaning: "a value for each element (for which the condition holds)", example: "[1, 2].map(x, x * 10)", result: "[10,20]" },
];

#[cfg(test)]
mod tests;
