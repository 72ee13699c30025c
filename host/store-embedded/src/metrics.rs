//! Metrics of the group commits. Without a recorder in the process they go nowhere.

use std::time::Duration;

use metrics::{Histogram, Unit, describe_histogram, histogram};

const GROUP: &str = "pizza_store_group_commits";
const SECONDS: &str = "pizza_store_group_seconds";

pub(crate) struct CommitMetrics {
    commits: Histogram,
    seconds: Histogram,
}

impl CommitMetrics {
    pub(crate) fn new() -> Self {
        describe_histogram!(GROUP, "Requests that one group commit served");
        let about = "From a group commit's begin until it is durable";
        describe_histogram!(SECONDS, Unit::Seconds, about);
        Self {
            commits: histogram!(GROUP),
            seconds: histogram!(SECONDS),
        }
    }

    /// A group of so many requests was written within this time.
    pub(crate) fn group(&self, commits: usize, time: Duration) {
        self.commits
            .record(f64::from(u32::try_from(commits).unwrap_or(u32::MAX)));
        self.seconds.record(time);
    }
}
