//! Silos in networks of their own (`ip netns`), where the machine lets the tests make some: packets of one
//! direction find no way, and nobody is told.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU64, Ordering};

use super::town::Line;

/// Three networks on a bridge, at which everything else is.
pub(super) struct Namespaces {
    /// Of this test's own, in the names of all devices and in all addresses.
    number: u8,
    held: AtomicU64,
}

fn ip(words: &[&str]) -> Output {
    let ip = Command::new("ip").args(words).output();
    ip.expect("looked for before")
}

impl Namespaces {
    /// Makes them.
    ///
    /// # Errors
    /// Why they cannot be made here.
    pub(super) fn make() -> Result<Self, String> {
        if Command::new("ip").arg("-V").output().is_err() {
            return Err("there is no `ip` (iproute2)".to_owned());
        }
        // Tests of several checkouts may run at once.
        let number = u8::try_from(std::process::id() % 250).unwrap_or(0) + 1;
        let made = Self {
            number,
            held: AtomicU64::new(0),
        };
        made.lay().map(|()| made)
    }

    fn lay(&self) -> Result<(), String> {
        let bridge = self.bridge();
        let host = format!("{}/24", self.host());
        let try_all = |all: &[Vec<&str>]| {
            for words in all {
                let done = ip(words);
                if !done.status.success() {
                    let told = String::from_utf8_lossy(&done.stderr).into_owned();
                    return Err(format!("`ip {}`: {}", words.join(" "), told.trim()));
                }
            }
            Ok(())
        };
        try_all(&[
            vec!["link", "add", &bridge, "type", "bridge"],
            vec!["addr", "add", &host, "dev", &bridge],
            vec!["link", "set", &bridge, "up"],
        ])?;
        for silo in 0..3 {
            let (space, outer, inner) = (
                self.space(silo),
                self.device(silo, 'o'),
                self.device(silo, 'i'),
            );
            let address = format!("{}/24", self.address(silo));
            try_all(&[
                vec!["netns", "add", &space],
                vec![
                    "link", "add", &outer, "type", "veth", "peer", "name", &inner,
                ],
                vec!["link", "set", &inner, "netns", &space],
                vec!["link", "set", &outer, "master", &bridge, "up"],
                vec!["-n", &space, "addr", "add", &address, "dev", &inner],
                vec!["-n", &space, "link", "set", &inner, "up"],
                vec!["-n", &space, "link", "set", "lo", "up"],
            ])?;
        }
        Ok(())
    }

    fn bridge(&self) -> String {
        format!("pz{}", self.number)
    }

    fn space(&self, silo: usize) -> String {
        format!("pz{}-{silo}", self.number)
    }

    fn device(&self, silo: usize, side: char) -> String {
        format!("pz{}{side}{silo}", self.number)
    }

    fn at(&self, last: u8) -> IpAddr {
        IpAddr::V4(Ipv4Addr::new(10, 83, self.number, last))
    }

    /// Where Redis and the clients are.
    pub(super) fn host(&self) -> IpAddr {
        self.at(1)
    }

    pub(super) fn address(&self, silo: usize) -> IpAddr {
        self.at(u8::try_from(11 + silo).unwrap_or(u8::MAX))
    }

    /// A program in the network of a silo. It takes the place of `ip`, with its process id.
    pub(super) fn program(&self, silo: usize, program: &Path) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.space(silo)]);
        command.arg(program);
        command
    }

    /// No packet of this direction finds its way, until all is mended.
    pub(super) fn hold(&self, silo: usize, line: Line) {
        let (me, host) = (self.address(silo), self.host());
        let others = (0..3).filter(|other| *other != silo);
        match line {
            Line::ToRedis => self.lose(silo, host),
            // What comes from Redis and from clients takes one way.
            Line::FromRedis => {
                self.held.fetch_add(1, Ordering::Relaxed);
                let _ = ip(&["route", "add", "blackhole", &format!("{me}/32")]);
            }
            Line::ToSilo => others.for_each(|other| self.lose(other, me)),
            Line::FromSilo => others.for_each(|other| self.lose(silo, self.address(other))),
        }
    }

    fn lose(&self, silo: usize, to: IpAddr) {
        let route = format!("{to}/32");
        let lost = ip(&["-n", &self.space(silo), "route", "add", "blackhole", &route]);
        self.held
            .fetch_add(u64::from(lost.status.success()), Ordering::Relaxed);
    }

    pub(super) fn mend(&self) {
        for silo in 0..3 {
            let _ = ip(&[
                "route",
                "del",
                "blackhole",
                &format!("{}/32", self.address(silo)),
            ]);
            let all = (0..3).map(|other| self.address(other)).chain([self.host()]);
            for to in all {
                let route = format!("{to}/32");
                let _ = ip(&["-n", &self.space(silo), "route", "del", "blackhole", &route]);
            }
        }
    }

    /// How many ways were taken away.
    pub(super) fn held(&self) -> u64 {
        self.held.load(Ordering::Relaxed)
    }
}

impl Drop for Namespaces {
    fn drop(&mut self) {
        for silo in 0..3 {
            let _ = ip(&[
                "route",
                "del",
                "blackhole",
                &format!("{}/32", self.address(silo)),
            ]);
            let _ = ip(&["link", "del", &self.device(silo, 'o')]);
            let _ = ip(&["netns", "del", &self.space(silo)]);
        }
        let _ = ip(&["link", "del", &self.bridge()]);
    }
}
