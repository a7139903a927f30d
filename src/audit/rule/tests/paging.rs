use super::said;
use crate::audit::fixture::{Seen, get, run};
use crate::audit::observe::{Exit, Run};

const PAGES: [&str; 4] =
    ["/posts?limit=2", "/posts?limit=2&cursor=c2", "/posts?limit=2&cursor=c3", "/posts?limit=2&cursor=c4"];

/// A page, counted from 1.
fn page(number: usize) -> Seen {
    get(PAGES[number - 1])
}

fn failed(number: usize) -> Seen {
    page(number).status(503)
}

/// A walk through pages; those that are negative fail.
fn walk(pages: &[i32]) -> Run {
    let seen = |number: &i32| match usize::try_from(*number) {
        Ok(number) => page(number),
        Err(_) => failed(number.unsigned_abs() as usize),
    };
    run("middle").saw_all(pages.iter().map(seen))
}

const EVERY: &str = "reads-every-page";
const TWICE: &str = "reads-no-page-twice";
const RESUMES: &str = "resumes-at-failed-page";

#[test]
fn a_list_that_goes_on_where_it_failed_is_whole() {
    let good = || walk(&[1, 2, -3, 3, 4]);
    assert_eq!(said(EVERY, &[good()]), "passed: 1.3+4 GET /posts?limit=2&cursor=c3 failed and was read later");
    assert_eq!(
        said(TWICE, &[good()]),
        "passed: 1.3+4 GET /posts?limit=2&cursor=c3 failed, and each page was read once"
    );
    assert_eq!(said(RESUMES, &[good()]), "passed: 1.3+4 GET /posts?limit=2&cursor=c3 failed and was asked for next");
    let damaged = run("half").saw(page(1)).saw(page(2).struck("truncate").cut()).saw(page(2)).saw(page(3));
    assert!(said(EVERY, &[damaged]).starts_with("passed: 1.2+3 "));
}

#[test]
fn a_page_that_is_left_out_is_lost() {
    let skipped = walk(&[1, -2, 3, 4]);
    let text =
        "failed: 1.2+3 GET /posts?limit=2&cursor=c2 failed, and the client went on with GET /posts?limit=2&cursor=c3";
    assert_eq!(said(EVERY, &[skipped]), text);
    let cut_short = || walk(&[1, 2, -3, -3]);
    let text = "failed: 1.3 GET /posts?limit=2&cursor=c3 failed and was never read, and the client ended with exit 0";
    assert_eq!(said(EVERY, &[cut_short()]), text);
    let honest = cut_short().exit(Exit::Code(1));
    let text = "passed: 1.3 GET /posts?limit=2&cursor=c3 failed, and the client ended with a failure";
    assert_eq!(said(EVERY, &[honest]), text);
    let stopped = cut_short().exit(Exit::TimedOut);
    let text = "undecided: GET /posts?limit=2&cursor=c3 was never read, and stopped after its time was up";
    assert_eq!(said(EVERY, &[stopped]), text);
}

#[test]
fn pages_that_were_asked_for_together_are_no_going_on() {
    let together = |exit: Exit| {
        let (second, third) = (failed(2).at(20).lasting(30), page(3).at(21).lasting(40));
        run("together").saw(page(1).at(0)).saw(second).saw(third).exit(exit)
    };
    let honest = "passed: 1.2 GET /posts?limit=2&cursor=c2 failed, and the client ended with a failure";
    assert_eq!(said(EVERY, &[together(Exit::Code(1))]), honest);
    assert_eq!(said(EVERY, &[walk(&[1, -2, 3]).exit(Exit::Code(1))]), honest, "who says so loses nothing in silence");
    let silent = "failed: 1.2 GET /posts?limit=2&cursor=c2 failed and was never read, and the client ended with exit 0";
    assert_eq!(said(EVERY, &[together(Exit::Code(0))]), silent);
}

#[test]
fn each_client_reads_its_own_list() {
    let other = run("two").saw(page(1).by(1)).saw(failed(2).by(1)).saw(page(1).by(2)).saw(page(2).by(2));
    let text = "failed: 1.2 GET /posts?limit=2&cursor=c2 failed and was never read, and the client ended with exit 0";
    assert_eq!(said(EVERY, &[other]), text);
}

#[test]
fn a_list_begun_anew_is_read_twice() {
    let anew = || walk(&[1, 2, -3, 1, 2, 3, 4]);
    assert!(said(EVERY, &[anew()]).starts_with("passed: 1.3+6 "));
    assert_eq!(said(TWICE, &[anew()]), "failed: 1.1+3+4 GET /posts?limit=2 was read twice because of a fault");
    assert_eq!(
        said(RESUMES, &[anew()]),
        "failed: 1.3+4 GET /posts?limit=2&cursor=c3 failed, and the list was begun anew"
    );
    let back = walk(&[1, 2, -3, 2, 3]);
    assert_eq!(said(TWICE, &[back]), "failed: 1.2+3+4 GET /posts?limit=2&cursor=c2 was read twice because of a fault");
    let stutter = walk(&[1, -2, 2, 2, 3]);
    assert_eq!(
        said(TWICE, &[stutter]),
        "failed: 1.2+3+4 GET /posts?limit=2&cursor=c2 was read twice because of a fault"
    );
}

#[test]
fn walks_through_other_lists_are_apart() {
    let other = get("/posts?limit=5");
    let run = run("two").saw(page(1)).saw(failed(2)).saw(other).saw(page(2));
    assert!(said(TWICE, &[run]).starts_with("passed: 1.2+4 "));
    // Two walks one after the other: only the second one's fault counts, and what was read before is no matter.
    let twice = walk(&[1, 2, 3, 1, 2, -3, 3]);
    assert_eq!(said(TWICE, &[twice]), "passed: 1.6+7 GET /posts?limit=2&cursor=c3 failed, and each page was read once");
}

#[test]
fn pages_that_nothing_happened_to_tell_nothing() {
    for code in [EVERY, TWICE, RESUMES] {
        let fine = walk(&[1, 2, 3]);
        let first = walk(&[-1, 1, 2]);
        let refused = run("refused").saw(page(1)).saw(page(2).status(400));
        assert_eq!(said(code, &[fine, first, refused]), "undecided: no page in the middle of a list failed");
    }
    let last = || walk(&[1, -2]).exit(Exit::Code(1));
    assert_eq!(said(RESUMES, &[last()]), "undecided: after the page that failed the client asked for no other");
    assert_eq!(said(TWICE, &[last()]), "undecided: the page that failed was never read, so that nothing came after it");
    assert_eq!(
        said(RESUMES, &[walk(&[1, -2, 3])]),
        "undecided: after the page that failed the client asked for another one"
    );
}
