//! A timeline in characters: `│503·····│503··········│201`. A bar is where an attempt began, a line while it lasted, dots while nothing was under
//! way.

use console::measure_text_width;

use super::timeline::{Attempt, Lane, Timeline, Tone};
use super::words::span;
use crate::report::Look;
use crate::report::plain::{self, padding};

/// Columns of a lane's label.
const LABEL_WIDTH_MAX: usize = 24;
/// Columns that an axis has at least; a window that leaves less gets longer lines.
const AXIS_WIDTH_MIN: usize = 18;
/// Columns of a mark with its bar, at most.
const CELL_WIDTH_MAX: usize = 6;

/// Its lines in a window of `look.width` columns, `indent` of which are taken.
pub fn lines(timeline: &Timeline, indent: usize, look: Look) -> Vec<String> {
    let label_max = LABEL_WIDTH_MAX.min(look.width.saturating_sub(indent) / 3).max(8);
    let labels: Vec<String> = timeline.lanes.iter().map(|lane| plain::line(&lane.label, label_max)).collect();
    let label_width = labels.iter().map(|label| measure_text_width(label)).max().unwrap_or(0);
    let axis_width = look.width.saturating_sub(indent + label_width + 2).clamp(AXIS_WIDTH_MIN, 1_000);
    let margin = " ".repeat(label_width + 2);
    let mut lines = vec![format!("{margin}{}", look.dim(&axis(timeline, axis_width)))];
    for (lane, label) in timeline.lanes.iter().zip(labels) {
        let drawn = draw(&cells(lane, axis_width), timeline, axis_width, look);
        lines.push(format!("{label}{}  {drawn}", padding(&label, label_width)));
        for caption in &lane.captions {
            let wrapped = plain::wrap(&plain::single(caption), axis_width);
            lines.extend(wrapped.iter().map(|line| format!("{margin}{}", look.dim(&plain::cut(line, axis_width)))));
        }
    }
    lines.extend(plain::more(timeline.lanes_left_out, "call").map(|more| look.dim(&more)));
    lines
}

/// When it begins and when it ends.
fn axis(timeline: &Timeline, width: usize) -> String {
    let (from, until) = (span(timeline.from), span(timeline.until));
    let gap = width.saturating_sub(from.len() + until.len()).max(1);
    format!("{from}{}{until}", " ".repeat(gap))
}

/// What takes place on the axis.
struct Cell {
    begun: u64,
    ended: u64,
    bar: char,
    text: String,
    tone: Option<Tone>,
}

impl Cell {
    fn width(&self) -> usize {
        1 + self.text.chars().count()
    }
}

/// A cell for each attempt; where there are more than the axis has room for, one that counts those left out.
fn cells(lane: &Lane, axis_width: usize) -> Vec<Cell> {
    let cell = |attempt: &Attempt| Cell {
        begun: attempt.begun,
        ended: attempt.ended,
        bar: '│',
        text: attempt.mark.clone(),
        tone: Some(attempt.tone),
    };
    let room = (axis_width / CELL_WIDTH_MAX).max(3);
    let attempts = &lane.attempts;
    if attempts.len() <= room {
        return attempts.iter().map(cell).collect();
    }
    let (head, rest) = attempts.split_at(room - 2);
    let [left_out @ .., last] = rest else { return head.iter().map(cell).collect() };
    let begun = left_out.first().map_or(last.begun, |first| first.begun);
    let gap = Cell { begun, ended: begun, bar: '┆', text: format!("+{}", left_out.len()), tone: None };
    head.iter().map(cell).chain([gap, cell(last)]).collect()
}

fn draw(cells: &[Cell], timeline: &Timeline, width: usize, look: Look) -> String {
    let columns = columns(cells, timeline, width);
    let mut drawn = String::new();
    for (index, (cell, column)) in cells.iter().zip(&columns).enumerate() {
        drawn.push(cell.bar);
        drawn.push_str(&match cell.tone {
            Some(Tone::Good) => look.good(&cell.text),
            Some(Tone::Doubtful) => look.doubtful(&cell.text),
            Some(Tone::Bad) => look.bad(&cell.text),
            None => look.dim(&cell.text),
        });
        let from = column + cell.width();
        let next = columns.get(index + 1).copied();
        // Cells that were moved together must not hide that there was a wait between them.
        let waited = cells.get(index + 1).is_some_and(|next| next.begun > cell.ended);
        let line_max = next.unwrap_or(width).saturating_sub(usize::from(waited));
        let until_ended = scaled(cell.ended, timeline, width).min(line_max).max(from);
        let quiet = next.map_or(0, |next| next.saturating_sub(until_ended));
        drawn.push_str(&look.dim(&format!("{}{}", "─".repeat(until_ended - from), "·".repeat(quiet))));
    }
    let lead = " ".repeat(columns.first().copied().unwrap_or(0));
    format!("{lead}{drawn}")
}

/// Where the cells stand: where their time is, moved as little as it takes for all to be read.
fn columns(cells: &[Cell], timeline: &Timeline, width: usize) -> Vec<usize> {
    let mut columns: Vec<usize> = Vec::with_capacity(cells.len());
    let mut free = 0;
    for cell in cells {
        let column = scaled(cell.begun, timeline, width).max(free);
        columns.push(column);
        free = column + cell.width();
    }
    let mut limit = width;
    for (column, cell) in columns.iter_mut().zip(cells).rev() {
        *column = (*column).min(limit.saturating_sub(cell.width()));
        limit = *column;
    }
    columns
}

fn scaled(at: u64, timeline: &Timeline, width: usize) -> usize {
    let length = u128::from(timeline.until - timeline.from).max(1);
    let passed = u128::from(at.clamp(timeline.from, timeline.until) - timeline.from);
    // No more than the width, which is a `usize`.
    usize::try_from(passed * (width as u128) / length).unwrap_or(width)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(begun_ms: u64, lasting_ms: u64, mark: &str) -> Attempt {
        Attempt {
            name: "#1".to_owned(),
            begun: begun_ms * 1_000,
            ended: (begun_ms + lasting_ms) * 1_000,
            mark: mark.to_owned(),
            tone: Tone::Good,
            meant: true,
        }
    }

    #[track_caller]
    fn check(attempts: &[(u64, u64, &str)], width: usize, expected: &str) {
        let attempts: Vec<Attempt> =
            attempts.iter().map(|(begun, lasting, mark)| attempt(*begun, *lasting, mark)).collect();
        let from = attempts.iter().map(|attempt| attempt.begun).min().expect("attempts");
        let until = attempts.iter().map(|attempt| attempt.ended).max().expect("attempts");
        let lane = Lane { label: "a".to_owned(), attempts, captions: Vec::new() };
        let timeline = Timeline { from, until, lanes: vec![lane], lanes_left_out: 0 };
        let drawn = draw(&cells(&timeline.lanes[0], width), &timeline, width, Look { color: false, width });
        assert_eq!(drawn, expected);
        assert!(drawn.chars().count() <= width);
    }

    #[test]
    fn attempts_stand_where_their_time_is() {
        check(&[(0, 5, "503"), (200, 5, "503"), (800, 5, "201")], 40, "│503·····│503·······················│201");
        check(&[(1_000, 1_000, "left"), (2_100, 5, "200")], 30, "│left────────────────────·│200");
        check(&[(7, 0, "200")], 30, "│200");
    }

    #[test]
    fn attempts_that_come_close_move_apart_and_stay_within_the_axis() {
        check(&[(0, 1, "503"), (1, 1, "503"), (2, 1, "503"), (1_000, 1, "201")], 30, "│503│503│503··············│201");
        check(
            &[(0, 1, "503"), (997, 1, "503"), (998, 1, "503"), (999, 1, "201")],
            30,
            "│503··············│503│503│201",
        );
        check(&[(5, 0, "cut"), (5, 0, "cut"), (5, 0, "200")], 24, "│cut│cut│200");
    }

    #[test]
    fn more_attempts_than_there_is_room_for_are_counted() {
        let many: Vec<(u64, u64, &str)> = (0..300).map(|at| (at * 10, 1, "503")).collect();
        check(&many, 30, "│503│503│503┆+296·········│503");
        check(&many, 24, "│503│503┆+297·······│503");
    }
}
