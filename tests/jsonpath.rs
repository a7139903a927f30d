//! JSONPath (RFC 9535): cases of our own in `tests/jsonpath/cases.json`. With `STANDIN_JSONPATH_SUITE=FILE` also those of another file
//! in the form of the JSONPath Compliance Test Suite (<https://github.com/jsonpath-standard/jsonpath-compliance-test-suite>), all of which
//! must pass, too.

use serde_json::Value;
use standin::scenario::jsonpath::Query;

/// Names the file of further cases.
const FURTHER: &str = "STANDIN_JSONPATH_SUITE";

#[test]
fn every_case_gives_what_the_standard_says() {
    all_pass(include_str!("jsonpath/cases.json"));
    if let Some(file) = std::env::var_os(FURTHER) {
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{FURTHER}: {error}"));
        all_pass(&text);
    }
}

#[track_caller]
fn all_pass(suite: &str) {
    let suite: Value = serde_json::from_str(suite).expect("the suite is JSON");
    let cases = suite["tests"].as_array().expect("the suite has tests");
    assert!(!cases.is_empty(), "the suite has cases");
    let failure = |case: &Value| {
        let why = check(case).err()?;
        Some(format!("{}: {}: {why}", case["name"], case["selector"]))
    };
    let failures: Vec<String> = cases.iter().filter_map(failure).collect();
    assert!(failures.is_empty(), "{} of {} cases fail:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

fn check(case: &Value) -> Result<(), String> {
    let selector = case["selector"].as_str().expect("a case has a selector");
    let query = Query::parse(selector);
    if case["invalid_selector"] == true {
        return match query {
            Ok(_) => Err("is read, and must be refused".to_owned()),
            Err((at, _)) if at > selector.len() => Err(format!("the error is at byte {at}, behind the end")),
            Err(_) => Ok(()),
        };
    }
    let query = query.map_err(|(at, message)| format!("is refused at byte {at}: {message}"))?;
    let document = &case["document"];
    let values: Vec<Value> = query.values(document).into_iter().cloned().collect();
    let pointers = query.pointers(document);
    let by_pointer: Vec<Value> = pointers.iter().filter_map(|pointer| document.pointer(pointer).cloned()).collect();
    if by_pointer != values {
        return Err(format!("the pointers {pointers:?} do not lead to the values {values:?}"));
    }
    let pointers: Vec<Value> = pointers.into_iter().map(Value::from).collect();
    if case.get("result").is_some() && case.get("result_paths").is_none() {
        let is_right = array(&case["result"]) == values;
        return is_right.then_some(()).ok_or_else(|| format!("gives {values:?}"));
    }
    let (results, paths) = match case.get("result") {
        Some(result) => (vec![result.clone()], vec![case["result_paths"].clone()]),
        // An object's members have no order, so several orders are right.
        None => (array(&case["results"]), array(&case["results_paths"])),
    };
    let is_right = |(result, paths): (Value, Value)| {
        let paths: Vec<Value> =
            array(&paths).iter().map(|path| pointer(path.as_str().expect("a path")).into()).collect();
        array(&result) == values && paths == pointers
    };
    match results.into_iter().zip(paths).any(is_right) {
        true => Ok(()),
        false => Err(format!("gives {values:?} at {pointers:?}")),
    }
}

fn array(value: &Value) -> Vec<Value> {
    value.as_array().expect("an array").clone()
}

/// A normalized path (RFC 9535, 2.7) as a JSON Pointer: `$['a/b'][0]` is `/a~1b/0`.
fn pointer(path: &str) -> String {
    let mut pointer = String::new();
    let mut rest = path.strip_prefix('$').expect("a path starts with `$`");
    while !rest.is_empty() {
        rest = rest.strip_prefix('[').expect("a segment opens");
        match rest.strip_prefix('\'') {
            None => {
                let (index, after) = rest.split_once(']').expect("a segment closes");
                pointer.push('/');
                pointer.push_str(index);
                rest = after;
            }
            Some(quoted) => {
                let (name, after) = name(quoted);
                pointer.push('/');
                pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
                rest = after;
            }
        }
    }
    pointer
}

/// A member's name up to its closing quote, and what follows the bracket.
fn name(quoted: &str) -> (String, &str) {
    let mut name = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\'' => return (name, quoted[at + 1..].strip_prefix(']').expect("a segment closes")),
            '\\' => match characters.next().expect("an escape").1 {
                'b' => name.push('\u{8}'),
                't' => name.push('\t'),
                'n' => name.push('\n'),
                'f' => name.push('\u{c}'),
                'r' => name.push('\r'),
                'u' => {
                    let digits: String = characters.by_ref().take(4).map(|(_, digit)| digit).collect();
                    let code = u32::from_str_radix(&digits, 16).expect("four digits");
                    name.push(char::from_u32(code).expect("a character"));
                }
                itself => name.push(itself),
            },
            other => name.push(other),
        }
    }
    panic!("{quoted} has no closing quote")
}
