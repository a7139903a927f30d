//! Statistics of waits: do they differ more than a busy machine makes them differ?
//!
//! The test of significance. Without jitter a wait is a constant plus the machine's unrest; how large that is, is seen where the client does
//! not wait: between a good reply and the next call. Both samples are centred on their medians and their absolute deviations are compared by
//! the rank-sum test of Wilcoxon, Mann and Whitney (one-sided, normal approximation, mid-ranks): robust, because unrest has long tails which
//! would make variances say anything. Waits count as drawn by chance when
//!
//! - they matter: their median absolute deviation is at least 1 ms and 1 % of the median wait,
//! - they are significant: p < 0.01 (z > 2.33), and
//! - they are not explained by a machine that rests worse while it sleeps: their deviation is at least three times that of the unrest.
//!
//! They count as equal when the first does not hold. Where only the others fail nothing is decided.

/// Less than this is a timer's granularity, in microseconds.
const DEVIATION_MIN: u64 = 1_000;
/// Less than one such part of the median is too little to spread anybody.
const DEVIATION_PART: u64 = 100;
/// The 99th percentile of the normal distribution.
const SIGNIFICANT: f64 = 2.33;
/// How many times the unrest the waits must deviate.
const UNREST_FACTOR: u64 = 3;
/// Fewer gaps do not show the unrest.
const UNREST_MIN: usize = 6;
/// What the waits must deviate where no unrest was seen, in microseconds: more than machines are known for.
const DEVIATION_ALONE_MIN: u64 = 10_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spread {
    /// By chance, on purpose.
    Drawn,
    Equal,
    /// They differ, and so does what the machine does.
    Hidden,
}

/// Judges waits against the unrest of the machine; both in microseconds.
pub fn judge(waits: &[u64], unrest: &[u64]) -> Spread {
    let (median, deviation) = median_and_deviation(waits);
    if deviation < DEVIATION_MIN.max(median / DEVIATION_PART) {
        return Spread::Equal;
    }
    let is_beyond = match unrest.len() {
        0..UNREST_MIN => deviation >= DEVIATION_ALONE_MIN,
        _ => {
            let (_, of_unrest) = median_and_deviation(unrest);
            deviation >= UNREST_FACTOR * of_unrest && rank_sum(&deviations(waits), &deviations(unrest)) > SIGNIFICANT
        }
    };
    if is_beyond { Spread::Drawn } else { Spread::Hidden }
}

/// The median, and the median of the absolute deviations from it; 0 of nothing.
pub fn median_and_deviation(sample: &[u64]) -> (u64, u64) {
    (median(sample.to_vec()), median(deviations(sample)))
}

fn deviations(sample: &[u64]) -> Vec<u64> {
    let middle = median(sample.to_vec());
    sample.iter().map(|one| one.abs_diff(middle)).collect()
}

fn median(mut sample: Vec<u64>) -> u64 {
    sample.sort_unstable();
    match sample.len() {
        0 => 0,
        count if count % 2 == 1 => sample[count / 2],
        count => sample[count / 2 - 1].midpoint(sample[count / 2]),
    }
}

/// The standard score of the first sample's rank sum: above 0 where its values are the greater ones.
#[allow(clippy::cast_precision_loss)]
fn rank_sum(first: &[u64], second: &[u64]) -> f64 {
    let (n, m) = (first.len() as f64, second.len() as f64);
    let mut all = [first, second].concat();
    all.sort_unstable();
    // Equal values share the mean of their ranks.
    let rank = |value: u64| {
        let (below, up_to) = (all.partition_point(|one| *one < value), all.partition_point(|one| *one <= value));
        (below + up_to + 1) as f64 / 2.0
    };
    let sum: f64 = first.iter().map(|one| rank(*one)).sum();
    let (mean, variance) = (n * (n + m + 1.0) / 2.0, n * m * (n + m + 1.0) / 12.0);
    if variance > 0.0 { (sum - mean) / variance.sqrt() } else { 0.0 }
}

/// The mean of a sample and its standard error, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mean {
    pub mean: f64,
    /// 0 of a single value.
    pub error: f64,
}

impl Mean {
    #[allow(clippy::cast_precision_loss)]
    pub fn of(sample: impl Iterator<Item = u64>) -> Mean {
        let sample: Vec<f64> = sample.map(|one| one as f64).collect();
        let count = sample.len().max(1) as f64;
        let mean = sample.iter().sum::<f64>() / count;
        let squares: f64 = sample.iter().map(|one| (one - mean).powi(2)).sum();
        let error = if sample.len() > 1 { (squares / (count - 1.0) / count).sqrt() } else { 0.0 };
        Mean { mean, error }
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub fn micros(self) -> u64 {
        self.mean.round() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Thousandths of the number after, the same ones each time: enough chance for a test.
    fn draw(seed: u64) -> impl Iterator<Item = u64> {
        std::iter::successors(Some(seed), |last| Some(last.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1)))
            .skip(1)
            .map(|drawn| (drawn >> 33) % 1_000)
    }

    /// Waits of 200 ms of which jitter takes so many thousandths at most, with unrest of up to 1 ms.
    fn waits(seed: u64, count: usize, jitter: u64) -> Vec<u64> {
        let drawn: Vec<u64> = draw(seed).take(2 * count).collect();
        drawn.chunks(2).map(|pair| 200_000 - 200 * (jitter * pair[0] / 1_000) + pair[1]).collect()
    }

    fn unrest(seed: u64, count: usize) -> Vec<u64> {
        draw(seed).take(count).map(|drawn| 500 + drawn).collect()
    }

    #[test]
    fn waits_without_jitter_never_pass_for_drawn() {
        for seed in 0..1_000 {
            assert_eq!(judge(&waits(seed, 8, 0), &unrest(seed + 5_000, 20)), Spread::Equal, "{seed}");
        }
    }

    #[test]
    fn jitter_of_half_and_of_a_fifth_is_seen_in_nearly_every_eight_waits() {
        // The power of the test, as measured with these seeds: 994 and 973 of 1000.
        for (jitter, missed_max) in [(500, 10), (200, 30)] {
            let seen =
                (0..1_000).filter(|seed| judge(&waits(*seed, 8, jitter), &unrest(seed + 5_000, 20)) == Spread::Drawn);
            let missed = 1_000 - seen.count();
            assert!(missed <= missed_max, "jitter of {jitter} ‰ was missed {missed} times in 1000");
        }
    }

    #[test]
    fn a_busy_machine_hides_what_it_could_have_done_itself() {
        let busy: Vec<u64> = unrest(1, 20).into_iter().map(|gap| gap * 60).collect();
        assert_eq!(judge(&waits(7, 8, 200), &busy), Spread::Hidden);
    }

    #[test]
    fn without_a_look_at_the_machine_only_what_is_large_counts() {
        assert_eq!(judge(&waits(7, 8, 500), &[]), Spread::Drawn);
        assert_eq!(judge(&waits(7, 8, 60), &[1_000; UNREST_MIN - 1]), Spread::Hidden);
        assert_eq!(judge(&waits(7, 8, 0), &[]), Spread::Equal);
    }

    #[test]
    fn a_median_lies_in_the_middle() {
        assert_eq!(median_and_deviation(&[]), (0, 0));
        assert_eq!(median_and_deviation(&[7]), (7, 0));
        assert_eq!(median_and_deviation(&[1, 2, 100, 4]), (3, 1));
        assert_eq!(median_and_deviation(&[5, 1, 3]), (3, 2));
    }

    #[test]
    fn ranks_are_those_of_a_worked_example() {
        // All of the first above all of the second: U = 9, mean 4.5, variance 3 · 3 · 7 / 12.
        let apart = rank_sum(&[4, 5, 6], &[1, 2, 3]);
        assert!((apart - 4.5 / 5.25_f64.sqrt()).abs() < 1e-9, "{apart}");
        assert!(rank_sum(&[1, 1, 1], &[1, 1, 1]).abs() < 1e-9);
        assert!((rank_sum(&[1, 2, 3], &[4, 5, 6]) + apart).abs() < 1e-9);
    }

    #[test]
    fn the_error_of_a_mean_shrinks_with_the_sample() {
        let mean = Mean::of([1, 2, 3, 4, 5].into_iter());
        assert!((mean.mean - 3.0).abs() < 1e-9 && (mean.error - 0.5_f64.sqrt()).abs() < 1e-9, "{mean:?}");
        assert_eq!(Mean::of([7].into_iter()), Mean { mean: 7.0, error: 0.0 });
        assert_eq!(mean.micros(), 3);
    }
}
