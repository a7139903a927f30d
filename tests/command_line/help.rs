//! What the program says about itself.

use super::program::run;

#[test]
fn the_version_is_that_of_the_crate() {
    let done = run(&["--version"]);
    assert_eq!(done.code, Some(0));
    assert_eq!(done.stdout, format!("standin {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!(done.stderr, "");
}

#[test]
fn the_help_of_every_command_has_examples() {
    for (arguments, example) in [
        (vec!["--help"], "standin serve openapi.yaml "),
        (vec!["serve", "--help"], "standin serve openapi.yaml --port 0"),
        (vec!["plan", "--help"], "standin plan openapi.yaml --overlay behaviour.yaml --format json"),
        (vec!["lint", "--help"], "standin lint behaviour.overlay.yaml --for openapi.yaml"),
        (vec!["run", "--help"], "standin run scenarios --shard 2/4 --min-coverage operation=100,status=80"),
        (vec!["audit", "--help"], "standin audit openapi.yaml --trial done-close --trial herd -- python client.py"),
        (vec!["review", "--help"], "standin review --accept snapshots/parcels"),
        (vec!["explain", "--help"], "standin explain status-undeclared"),
    ] {
        let done = run(&arguments);
        assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
        let (_, examples) = done.stdout.split_once("Examples:\n").expect("examples");
        assert!(examples.contains(example), "{examples}");
    }
}

#[test]
fn the_first_help_names_every_command_and_the_exit_codes() {
    // Long lines are wrapped at the width of the terminal.
    let help = run(&["--help"]).stdout.replace('\n', " ");
    let codes =
        "Exit codes: 0 done, 1 contract failure, 2 usage or document error, 3 target unreachable, 4 snapshots pending.";
    for word in [" serve ", " plan ", " lint ", " run ", " audit ", " review ", " explain ", codes] {
        assert!(help.contains(word), "no {word:?} in {help}");
    }
}

#[test]
fn without_a_command_help_goes_to_standard_error() {
    let done = run(&[]);
    assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""));
    assert!(done.stderr.contains("Usage: standin <COMMAND>"), "{}", done.stderr);
}

#[test]
fn a_misspelled_command_or_flag_is_answered_with_the_nearest() {
    for (arguments, hint) in [(["srve", "flow"], "'serve'"), (["serve", "--prot=1"], "'--port'")] {
        let done = run(&arguments);
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""));
        assert!(done.stderr.contains(hint), "{}", done.stderr);
    }
}
