use super::*;

#[test]
fn every_format_is_found_by_its_word_in_any_case() {
    for format in Format::ALL {
        assert_eq!(Format::parse(format.word()), Ok(format));
        assert_eq!(Format::parse(&format.word().to_uppercase()), Ok(format));
    }
}

#[test]
fn a_misspelled_format_is_told_with_the_nearest_and_all_known() {
    assert_eq!(
        Format::parse("markdwon").unwrap_err(),
        "unknown report format `markdwon`; did you mean `markdown`? the formats are text, junit, json, html, markdown, sarif, github"
    );
    assert_eq!(
        Format::parse("pdf").unwrap_err(),
        "unknown report format `pdf`; the formats are text, junit, json, html, markdown, sarif, github"
    );
    assert!(Format::parse("").is_err());
}
