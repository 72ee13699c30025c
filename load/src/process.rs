//! What a process of this machine uses, as its system tells.

use std::time::Duration;

use anyhow::Context as _;

/// How often Linux counts in a second what it tells of processes (proc(5), `_SC_CLK_TCK`).
const TICKS_PER_SECOND: u32 = 100;
/// The fields of `/proc/PID/stat` after the program's name that are the time in user mode and in
/// the kernel: 14 and 15 of all (proc(5)).
const TIMES: std::ops::Range<usize> = 11..13;

pub(crate) struct Process {
    pid: u32,
}

/// Memory of a process, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Resident {
    pub(crate) now: u64,
    /// The most that it ever was.
    pub(crate) most: u64,
}

impl Process {
    /// # Errors
    /// When there is no such process, or this system does not tell.
    pub(crate) fn of(pid: u32) -> anyhow::Result<Self> {
        let process = Self { pid };
        let used = process.cpu();
        used.context("--pid takes a process of this machine")?;
        Ok(process)
    }

    /// The CPU time of all of its threads since it was started.
    ///
    /// # Errors
    /// When it has ended.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        self.read("stat", |stat| {
            ticks(stat).map(|ticks| Duration::from_secs(ticks) / TICKS_PER_SECOND)
        })
    }

    /// # Errors
    /// When it has ended.
    pub(crate) fn resident(&self) -> anyhow::Result<Resident> {
        self.read("status", |status| {
            Some(Resident {
                now: bytes(status, "VmRSS:")?,
                most: bytes(status, "VmHWM:")?,
            })
        })
    }

    fn read<T>(&self, file: &str, parse: impl FnOnce(&str) -> Option<T>) -> anyhow::Result<T> {
        let path = format!("/proc/{}/{file}", self.pid);
        let text = std::fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
        parse(&text).with_context(|| format!("{path} is not understood"))
    }
}

fn ticks(stat: &str) -> Option<u64> {
    // The name is in brackets, and may have brackets and blanks of its own.
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let times = fields.get(TIMES)?.iter().map(|field| field.parse::<u64>());
    times.sum::<Result<u64, _>>().ok()
}

/// A line of `/proc/PID/status` that tells of memory.
fn bytes(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_times_count_whatever_the_program_is_called() {
        let stat = "42 (a ) b) S 1 42 42 0 -1 4194560 900 0 5 0 120 30 7 8 20 0 4 0 99";
        assert_eq!(ticks(stat), Some(150));
        assert_eq!(ticks("42 (a) S 1"), None);
        let own = Process::of(std::process::id()).expect("this process");
        assert!(own.cpu().is_ok());
        assert!(Process::of(u32::MAX).is_err());
    }

    #[test]
    fn memory_is_told_in_bytes() {
        let status = "Name:\ta\nVmHWM:\t    2048 kB\nVmRSS:\t     100 kB\n";
        assert_eq!(bytes(status, "VmRSS:"), Some(102_400));
        assert_eq!(bytes("Name:\ta\n", "VmRSS:"), None);
        let own = Process::of(std::process::id()).expect("this process");
        let Resident { now, most } = own.resident().expect("this process");
        assert!(0 < now && now <= most, "{now} of {most}");
    }
}
