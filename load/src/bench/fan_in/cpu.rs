//! How much processor time another process has used.

use std::time::Duration;

use anyhow::Context as _;

/// How often Linux counts in a second what it tells of processes (proc(5), `_SC_CLK_TCK`).
const TICKS_PER_SECOND: u32 = 100;
/// The fields of `/proc/PID/stat` after the program's name that are the time in user mode and in
/// the kernel: 14 and 15 of all (proc(5)).
const TIMES: std::ops::Range<usize> = 11..13;

pub(super) struct ProcessCpu {
    path: String,
}

impl ProcessCpu {
    /// # Errors
    /// When there is no such process, or this system does not tell.
    pub(super) fn of(pid: u32) -> anyhow::Result<Self> {
        let path = format!("/proc/{pid}/stat");
        let process = Self { path };
        process
            .used()
            .context("--pid takes a process of this machine")?;
        Ok(process)
    }

    /// The time of all of its threads since it was started.
    ///
    /// # Errors
    /// When it has ended.
    pub(super) fn used(&self) -> anyhow::Result<Duration> {
        let text = std::fs::read_to_string(&self.path);
        let text = text.with_context(|| format!("reading {}", self.path))?;
        ticks(&text)
            .map(|ticks| Duration::from_secs(ticks) / TICKS_PER_SECOND)
            .with_context(|| format!("{} is not understood", self.path))
    }
}

fn ticks(stat: &str) -> Option<u64> {
    // The name is in brackets, and may have brackets and blanks of its own.
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let times = fields.get(TIMES)?.iter().map(|field| field.parse::<u64>());
    times.sum::<Result<u64, _>>().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_times_count_whatever_the_program_is_called() {
        let stat = "42 (a ) b) S 1 42 42 0 -1 4194560 900 0 5 0 120 30 7 8 20 0 4 0 99";
        assert_eq!(ticks(stat), Some(150));
        assert_eq!(ticks("42 (a) S 1"), None);
        let own = ProcessCpu::of(std::process::id()).expect("this process");
        assert!(own.used().is_ok());
        assert!(ProcessCpu::of(u32::MAX).is_err());
    }
}
