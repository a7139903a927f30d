//! What is no expression: where, what, and what to do.

use super::check;

#[test]
fn values_are_missed_where_they_should_stand() {
    check(&[
        ("// nothing", "expected a value at byte 0"),
        ("1 +", "expected a value after `+` at byte 3"),
        ("a ==  // b", "expected a value after `==` at byte 4"),
        ("'é' + )", "expected a value after `+`, not `)` at byte 7"),
        ("* a", "expected a value, not `*` at byte 0"),
        ("()", "expected a value after `(`, not `)` at byte 1"),
        ("a[]", "expected a value after `[`, not `]` at byte 2"),
        ("f(a,)", "expected a value after `,`, not `)` at byte 4 (leave out the last comma)"),
        ("f(,)", "expected a value after `(`, not `,` at byte 2"),
        ("a && in", "expected a value after `&&`, not `in` at byte 5"),
        ("a == +1", "expected a value after `==`, not `+` at byte 5 (a number has no `+` before it)"),
        ("a ? : c", "expected a value after `?`, not `:` at byte 4"),
        ("!-a", "`!` and `-` cannot follow each other at byte 0 (put the inner one in parentheses: !(-x))"),
        ("b + -!a", "`!` and `-` cannot follow each other at byte 4 (put the inner one in parentheses: !(-x))"),
        (".a", "a value cannot begin with a dot at byte 0 (a name has no dot before it)"),
    ]);
}

#[test]
fn members_are_missed_behind_their_dot() {
    check(&[
        ("a.", "expected a member's name after `.` at byte 2"),
        ("a.?", "expected a member's name after `?` at byte 3"),
        ("a.'b c'", "expected a member's name after `.`, not `'b c'` at byte 2 (write x['b c'])"),
        ("a.in", "expected a member's name after `.`, not `in` at byte 2 (write x['in'])"),
        ("a.[0]", "expected a member's name after `.`, not `[` at byte 2 (leave out the dot)"),
        ("a. 0", "expected a member's name after `.`, not `0` at byte 3 (an element is written x[0])"),
        ("a.0.b", "expected an operator or the end, not `.0` at byte 1 (an element is written x[0])"),
        ("a..b", "expected a member's name after `.`, not `.` at byte 2"),
        ("a.r'b'", "expected a member's name after `.`, not `r'b'` at byte 2"),
        ("a.(b)", "expected a member's name after `.`, not `(` at byte 2"),
    ]);
}

#[test]
fn brackets_tell_what_they_close() {
    check(&[
        ("(a + b", "expected `)` to close `(a + b` at byte 6"),
        ("(a]", "expected `)` to close `(a`, not `]` at byte 2"),
        ("size(body.items", "expected `,` or `)` to close `size(body.items` at byte 15"),
        ("a.contains('b' == c", "expected `,` or `)` to close `contains('b' == c` at byte 19"),
        ("[1 2]", "expected `,` or `]` to close `[1`, not `2` at byte 3"),
        ("[1,,2]", "expected a value after `,`, not `,` at byte 3"),
        ("[,1]", "expected `,` or `]` to close `[,`, not `1` at byte 2"),
        ("{'a': 1,,}", "expected a value after `,`, not `,` at byte 8"),
        ("[1, 2", "expected `,` or `]` to close `[1, 2` at byte 5"),
        ("{'a': 1", "expected `,` or `}` to close `{'a': 1` at byte 7"),
        ("a[b", "expected `]` to close `[b` at byte 3"),
        (
            "f('a very long text that is cut off' 1)",
            "expected `,` or `)` to close `f('a very long text that…`, not `1` at byte 37",
        ),
        ("a)", "expected an operator or the end, not `)` at byte 1 (no bracket is open that it could close)"),
        ("{a}", "expected `:` and the key's value, not `}` at byte 2 (an object is written {'key': value})"),
        (
            "{{ a }}",
            "expected `:` and the key's value, not `}` at byte 5 (leave out the `{{ }}`: all of this is an expression)",
        ),
        ("T{a: 1}", "messages cannot be built here at byte 1 (write {'key': value})"),
        ("a.b.T {}", "messages cannot be built here at byte 6 (write {'key': value})"),
        ("f() {}", "expected an operator or the end, not `{` at byte 4"),
    ]);
}

#[test]
fn words_and_signs_of_other_languages_are_known() {
    const CONDITIONAL: &str = "a conditional is written test ? then : otherwise";
    check(&[
        ("a = b", "`=` is no operator at byte 2 (did you mean `==`?)"),
        ("a === b", "`===` is no operator at byte 2 (did you mean `==`?)"),
        ("a !== b", "`!==` is no operator at byte 2 (did you mean `!=`?)"),
        ("a <> b", "`<>` is no operator at byte 2 (did you mean `!=`?)"),
        ("a => b", "`=>` is no operator at byte 2 (did you mean `>=`?)"),
        ("a =~ 'b'", "`=~` is no operator at byte 2 (did you mean text.matches(pattern)?)"),
        ("a & b", "`&` is no operator at byte 2 (did you mean `&&`?)"),
        ("a | b", "`|` is no operator at byte 2 (did you mean `||`?)"),
        ("a ?? b", "`??` is no operator at byte 2 (did you mean x.?y.orValue(z)?)"),
        ("a and b", "expected an operator or the end, not `and` at byte 2 (and is written `&&`)"),
        ("(a or b)", "expected `)` to close `(a`, not `or` at byte 3 (or is written `||`)"),
        ("not a", "expected an operator or the end, not `a` at byte 4 (not is written `!`)"),
        ("a not in b", "expected an operator or the end, not `not` at byte 2 (not is written `!`: !(x in list))"),
        ("a is null", "expected an operator or the end, not `is` at byte 2 (equality is written `==`)"),
        (
            "a contains 'b'",
            "expected an operator or the end, not `contains` at byte 2 (it is written contains(text, part))",
        ),
        ("a, b", "expected an operator or the end, not `,` at byte 1 (a list is written [x, y])"),
        ("a : b", &format!("expected an operator or the end, not `:` at byte 2 ({CONDITIONAL})")),
        ("a ? b", &format!("expected `:` at byte 5 ({CONDITIONAL}; an optional member x.?y)")),
        ("a ? b , c", "expected `:`, not `,` at byte 6 (a list is written [x, y])"),
        ("a ? b ? c : d : e", "expected `:`, not `?` at byte 6 (put the inner conditional in parentheses)"),
        ("if a == b", &format!("`if` is a reserved word at byte 0 ({CONDITIONAL})")),
        ("for(a)", "`for` is a reserved word at byte 0 (a loop is written list.map(x, value))"),
        ("1 + let.a", "`let` is a reserved word at byte 4 (only members may be called so)"),
    ]);
}

#[test]
fn texts_are_closed_and_have_known_escapes() {
    const RAW: &str = "write `\\\\` for a backslash, or r'…' for a text without escapes";
    check(&[
        ("a + 'b", "a text is not closed at byte 4 (end it with `'`)"),
        ("a + r\"b", "a text is not closed at byte 5 (end it with `\"`)"),
        ("'a\nb'", "a text is not closed at byte 0 (end it with `'` on its line, or write it between `'''`)"),
        ("'''a'", "a text is not closed at byte 0 (end it with `'''`)"),
        ("'a\\'", "a text is not closed at byte 0 (end it with `'`)"),
        ("'a\\", "a text ends with `\\` at byte 2"),
        (
            "'it's'",
            "expected an operator or the end, not `s` at byte 4 (a quote inside of a text is written \\' or \\\")",
        ),
        ("'é\\d'", &format!("`\\d` is no escape at byte 3 ({RAW})")),
        ("'\\é'", &format!("`\\é` is no escape at byte 1 ({RAW})")),
        ("'\\x4'", "`\\x` is not followed by 2 hexadecimal digits at byte 1"),
        ("'\\u+123'", "`\\u` is not followed by 4 hexadecimal digits at byte 1"),
        ("'\\ud800'", "`\\ud800` is no character at byte 1"),
        ("'\\U00110000'", "`\\U00110000` is no character at byte 1"),
        ("'\\400'", "`\\4` is no escape at byte 1 (octal ones go from `\\000` to `\\377`)"),
        ("'\\08'", "`\\0` is no escape at byte 1 (octal ones go from `\\000` to `\\377`)"),
        ("b'a'", "byte texts are not supported at byte 0 (leave out the `b`)"),
        ("‘a’", "`‘` is no quote at byte 0 (texts stand in straight ones: 'text')"),
    ]);
}

#[test]
fn numbers_are_in_range_and_end_before_letters() {
    let range =
        "integers go from -9223372036854775808 to 9223372036854775807, with a `u` behind to 18446744073709551615";
    check(&[
        ("9223372036854775808", &format!("`9223372036854775808` is out of range at byte 0 ({range})")),
        ("a - -9223372036854775809", &format!("`-9223372036854775809` is out of range at byte 4 ({range})")),
        ("0x10000000000000000u", &format!("`0x10000000000000000u` is out of range at byte 0 ({range})")),
        ("1.0e999", "`1.0e999` is out of range at byte 0 (doubles go up to 1.7976931348623157e308)"),
        ("12abc", "`12abc` is no number at byte 0 (names begin with a letter, and texts stand in quotes)"),
        ("a == 0X1F", "`0X1F` is no number at byte 5 (hexadecimal numbers begin with a small `0x`)"),
        ("1_000", "`1_000` is no number at byte 0 (digits stand together, without `_`)"),
        ("0x", "`0x` is no number at byte 0 (names begin with a letter, and texts stand in quotes)"),
        ("1e5u", "`1e5u` is no number at byte 0 (names begin with a letter, and texts stand in quotes)"),
        ("1.", "expected a member's name after `.` at byte 2"),
    ]);
}

#[test]
fn characters_that_mean_nothing_are_named() {
    check(&[
        ("a @ b", "`@` means nothing here at byte 2"),
        ("a # b", "`#` means nothing here at byte 2 (a comment begins with `//`)"),
        ("a.`b-c`", "names in backticks are not supported at byte 2 (write x['any name'])"),
        ("a\u{a0}+ b", "unusual white space (U+00A0) at byte 1 (write a plain space)"),
        (
            "größe",
            "`ö` cannot stand in a name at byte 2 (names are made of A-Z, a-z, 0-9 and _; another member is written x['any name'])",
        ),
        ("a + \u{0}", "`\\0` means nothing here at byte 4"),
    ]);
}
