mod differential;
mod refused;
mod shape;

use super::parser;
use shape::written;

/// The expression fully bracketed, or its complaint.
#[track_caller]
fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        let got = parser::parse(text).map_or_else(|error| error.to_string(), |term| written(&term));
        assert_eq!(got, *expected, "{text}");
    }
}

#[test]
fn operators_bind_as_strongly_as_in_cel() {
    check(&[
        ("a || b && c == d + e * -f", "(a || (b && (c == (d + (e * (-f))))))"),
        ("a * b + c == d && e || f", "(((((a * b) + c) == d) && e) || f)"),
        ("a - b - c", "((a - b) - c)"),
        ("a / b * c % d", "(((a / b) * c) % d)"),
        ("a - (b - c)", "(a - (b - c))"),
        ("a < b <= c > d >= e != f in g", "((((((a < b) <= c) > d) >= e) != f) in g)"),
        ("a in b == c", "((a in b) == c)"),
        ("!a == b", "((!a) == b)"),
        ("!a.b", "(!a.b)"),
        ("(!a).b", "(!a).b"),
        ("-a[0].b(c)", "(-a[0].b(c))"),
        ("a ? b : c", "(a ? b : c)"),
        ("a ? b : c ? d : e", "(a ? b : (c ? d : e))"),
        ("a ? (b ? c : d) : e", "(a ? (b ? c : d) : e)"),
        ("a || b ? c || d : e || f", "((a || b) ? (c || d) : (e || f))"),
        ("a ?.b : c", "a value cannot begin with a dot at byte 3 (a name has no dot before it)"),
    ]);
}

#[test]
fn chains_of_conditions_stay_low() {
    check(&[
        ("a && b", "(a && b)"),
        ("a && b && c", "((a && b) && c)"),
        ("a && b && c && d", "((a && b) && (c && d))"),
        ("a || b || c || d || e", "(((a || b) || c) || (d || e))"),
        ("(a && b) && (c && d && e)", "((a && b) && ((c && d) && e))"),
    ]);
    let long = vec!["true"; 400].join(" && ");
    assert!(parser::parse(&long).is_ok());
}

#[test]
fn two_signs_cancel_each_other_out_and_one_minus_belongs_to_its_number() {
    check(&[
        ("!!a", "a"),
        ("!!!a", "(!a)"),
        ("--a", "a"),
        ("---a", "(-a)"),
        ("-1", "-1"),
        ("- 1", "-1"),
        ("--1", "1"),
        ("---1", "(-1)"),
        ("!-1", "(!-1)"),
        ("!!- 1", "-1"),
        ("-1.a", "-1.a"),
        ("--1.a", "1.a"),
        ("-1u", "(-1)"),
        ("-(1)", "(-1)"),
        ("a -1", "(a - 1)"),
        ("a - -1", "(a - -1)"),
        ("a--1", "(a - -1)"),
        ("a---1", "(a - 1)"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("-0x8000000000000000", "-9223372036854775808"),
        ("- 0.0", "-0.0"),
    ]);
}

#[test]
fn members_calls_and_indices_follow_each_other() {
    check(&[
        ("a.b.c", "a.b.c"),
        ("a . b [ 0 ] . c ( d , e )", "a.b[0].c(d, e)"),
        ("a.?b.c", "a.?b.c"),
        ("a.? b[?c]", "a.?b[?c]"),
        ("f()", "f()"),
        ("f(a, b ? c : d).e()", "f(a, (b ? c : d)).e()"),
        ("[1][0]", "[1][0]"),
        ("{'a': 1}.a", "{\"a\": 1}.a"),
        ("'a'.size()", "\"a\".size()"),
        ("1.e3", "1.e3"),
        ("1.f()", "1.f()"),
        ("(a.b).c", "a.b.c"),
        ("a.as.let.for()", "a.as.let.for()"),
        ("[1].map((x), x)", "[1].map(x, x)"),
    ]);
}

#[test]
fn lists_and_objects_may_end_with_a_comma() {
    check(&[
        ("[]", "[]"),
        ("[,]", "[]"),
        ("[a]", "[a]"),
        ("[a,]", "[a]"),
        ("[?a, b, ?c.d,]", "[?a, b, ?c.d]"),
        ("{}", "{}"),
        ("{,}", "{}"),
        ("{'a': 1, ?b: 2 + 3,}", "{\"a\": 1, ?b: (2 + 3)}"),
        ("{a ? b : c: d}", "{(a ? b : c): d}"),
        ("[[], {}, [{}]]", "[[], {}, [{}]]"),
    ]);
}

#[test]
fn numbers_have_many_forms() {
    check(&[
        ("0", "0"),
        ("007", "7"),
        ("9223372036854775807", "9223372036854775807"),
        ("0x1f", "31"),
        ("0xFFu", "255"),
        ("18446744073709551615u", "18446744073709551615"),
        ("18446744073709551615U", "18446744073709551615"),
        ("1.5", "1.5"),
        (".5", "0.5"),
        ("1e3", "1000.0"),
        ("1E+3", "1000.0"),
        (".5e-1", "0.05"),
        ("1.0", "1.0"),
        ("1e-400", "0.0"),
        ("1in a", "(1 in a)"),
        ("0x1in a", "(1 in a)"),
        ("1.5in a", "(1.5 in a)"),
        ("[1, .5]", "[1, 0.5]"),
    ]);
}

#[test]
fn texts_have_many_forms() {
    check(&[
        ("''", r#""""#),
        (r#"'"'"#, r#""\"""#),
        (r#""'""#, r#""'""#),
        (r"'\a\b\f\n\r\t\v'", r#""\u0007\b\f\n\r\t\u000b""#),
        (r#"'\\\'\"\`\?'"#, r#""\\'\"`?""#),
        (r"'\x41\X42\u0043\U00000044\105\000'", r#""ABCDE\u0000""#),
        (r"'\xff\377\U0001F431'", r#""ÿÿ🐱""#),
        ("'é🐱'", r#""é🐱""#),
        ("'// no comment'", r#""// no comment""#),
        (r"r'a\nb\'", r#""a\\nb\\""#),
        (r#"R"\""#, r#""\\""#),
        ("''''''", r#""""#),
        ("'''a'b''c'''", r#""a'b''c""#),
        ("\"\"\"a\nb\r\nc\rd\"\"\"", r#""a\nb\nc\nd""#),
        (r"'''\''''", r#""'""#),
        ("r'''a\\\nb'''", r#""a\\\nb""#),
        (r"R'''\'''", r#""\\""#),
        ("r == R", "(r == R)"),
        ("b + br", "(b + br)"),
    ]);
}

#[test]
fn space_and_comments_stand_anywhere_between_tokens() {
    check(&[
        ("\t\r\n\u{c} a // b\n + // c\r\n d//", "(a + d)"),
        ("//a\n//b\nc", "c"),
        ("a/ /b", "expected a value after `/`, not `/` at byte 3"),
        ("trueish && inside && nullable", "((trueish && inside) && nullable)"),
        ("_a1 == null", "(_a1 == null)"),
    ]);
}
