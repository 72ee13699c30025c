//! Three silos on Redis, and what can be broken between them: by proxies in one network, or by routes
//! between networks of their own.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::namespaces::Namespaces;
use super::proxy::{Direction, Proxy};
use crate::cluster::process::{Process, in_dir, program, silo_as};
use crate::cluster::redis::Redis;
use crate::common::ports::free_port;
use crate::common::{compile, probe, until};

pub(super) const NAMES: [&str; 3] = ["one", "two", "three"];

/// How silos are reached.
enum Wires {
    /// All that a silo asks of Redis goes through the first, and all that others ask of it through the second.
    Proxies(Vec<(Proxy, Proxy)>),
    Namespaces(Namespaces),
}

/// A line that breaks in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// What the silo asks of Redis, and what Redis answers it.
    ToRedis,
    FromRedis,
    /// What others ask of the silo, and what it answers them.
    ToSilo,
    FromSilo,
}

pub(super) struct Town {
    silos: Vec<Option<Process>>,
    pub(super) addresses: Vec<SocketAddr>,
    /// Where each serves the others.
    listens: Vec<SocketAddr>,
    wires: Wires,
    /// How often a silo that had ended by itself was started again.
    pub(super) ended: u64,
    redis: Redis,
    dir: tempfile::TempDir,
}

impl Town {
    pub(super) fn by_proxies() -> Self {
        let redis = Redis::start();
        let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let places = NAMES.map(|_| (local(free_port()), local(free_port())));
        let proxies = places.map(|(_, listen)| {
            let to_redis = Proxy::to(local(redis.port));
            (to_redis, Proxy::to(listen))
        });
        Self::open(redis, &places, Wires::Proxies(proxies.into()))
    }

    pub(super) fn in_namespaces(namespaces: Namespaces) -> Self {
        let redis = Redis::start_at(&namespaces.host().to_string());
        let places = [0, 1, 2].map(|silo| {
            let at = namespaces.address(silo);
            (SocketAddr::new(at, 5_002), SocketAddr::new(at, 7_000))
        });
        Self::open(redis, &places, Wires::Namespaces(namespaces))
    }

    fn open(redis: Redis, places: &[(SocketAddr, SocketAddr)], wires: Wires) -> Self {
        let (addresses, listens) = places.iter().copied().unzip();
        let mut town = Self {
            silos: NAMES.map(|_| None).into(),
            addresses,
            listens,
            wires,
            ended: 0,
            redis,
            dir: tempfile::tempdir().expect("a directory"),
        };
        town.start_missing();
        town.push_lists();
        town
    }

    /// The lists are probes, which note what they are told.
    fn push_lists(&self) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let built = compile::compile(root, &["probe"]).expect("the actor builds");
        let mut module = std::fs::read(built.join(compile::file("probe"))).expect("a module");
        module.extend(probe::manifest());
        let file = self.dir.path().join("probe.wasm");
        std::fs::write(&file, module).expect("a file");
        let first = self.silos[0].as_ref().expect("open");
        let file = file.to_str().expect("a path in UTF-8");
        let words = ["module", "push", file, "--type", "probe", "--activate"];
        let pushed = first.cli(&words);
        assert!(pushed.status.success(), "{pushed:?}");
        for silo in self.silos.iter().flatten() {
            until("all silos to serve lists", || {
                let list = silo.cli(&["module", "list", "probe"]);
                list.status.success().then_some(())
            });
        }
    }

    /// Starts each silo that is not there. Those that were taken for dead end by themselves.
    pub(super) fn start_missing(&mut self) {
        for silo in 0..self.silos.len() {
            let is_there = self.silos[silo]
                .as_mut()
                .is_some_and(|process| process.ended().is_none());
            if !is_there {
                self.ended += u64::from(self.silos[silo].is_some());
                self.silos[silo] = Some(self.start(silo));
            }
        }
    }

    fn start(&self, silo: usize) -> Process {
        let dir = self.dir.path();
        let (program, store, address) = match &self.wires {
            Wires::Proxies(proxies) => {
                let (to_redis, to_silo) = &proxies[silo];
                let store = format!("redis://{}/", to_redis.address);
                let program = Command::new(program());
                (program, store, to_silo.address)
            }
            Wires::Namespaces(namespaces) => {
                let program = namespaces.program(silo, &program());
                (program, self.redis.url.clone(), self.listens[silo])
            }
        };
        let log = dir.join(format!("{}.log", NAMES[silo]));
        let mut log_to = std::fs::OpenOptions::new();
        let log = log_to.create(true).append(true).open(log).expect("a file");
        let mut command = in_dir(program, dir);
        command.stderr(log);
        let (admin, listen) = (
            self.addresses[silo].to_string(),
            self.listens[silo].to_string(),
        );
        let address = address.to_string();
        let mut options = vec!["--admin", &admin, "--cluster-listen", &listen];
        options.extend(["--cluster-address", &address, "--speed", "1200"]);
        silo_as(command, &store, dir, NAMES[silo], &options)
    }

    /// SIGKILL.
    pub(super) fn kill(&mut self, silo: usize) {
        if let Some(process) = self.silos[silo].take() {
            process.kill();
        }
    }

    /// Stops it where it is, or lets it go on.
    pub(super) fn signal(&self, silo: usize, signal: &str) {
        if let Some(process) = &self.silos[silo] {
            process.signal(signal);
        }
    }

    /// Whether the system says that it is stopped.
    pub(super) fn is_stopped(&self, silo: usize) -> bool {
        let Some(process) = &self.silos[silo] else {
            return false;
        };
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.pid()));
        // The state stands behind the name, which is in brackets.
        stat.is_ok_and(|stat| {
            stat.rsplit(')')
                .next()
                .is_some_and(|rest| rest.starts_with(" T"))
        })
    }

    /// Breaks a line in one direction, until all are mended.
    pub(super) fn hold(&self, silo: usize, line: Line) {
        match &self.wires {
            Wires::Proxies(proxies) => {
                let (to_redis, to_silo) = &proxies[silo];
                match line {
                    Line::ToRedis => to_redis.hold(Direction::To),
                    Line::FromRedis => to_redis.hold(Direction::From),
                    Line::ToSilo => to_silo.hold(Direction::To),
                    Line::FromSilo => to_silo.hold(Direction::From),
                }
            }
            Wires::Namespaces(namespaces) => namespaces.hold(silo, line),
        }
    }

    pub(super) fn mend(&self) {
        match &self.wires {
            Wires::Proxies(proxies) => {
                for (to_redis, to_silo) in proxies {
                    to_redis.mend();
                    to_silo.mend();
                }
            }
            Wires::Namespaces(namespaces) => namespaces.mend(),
        }
    }

    /// Ends all connections of a silo, and says how many; none where there is no proxy that could.
    pub(super) fn cut(&self, silo: usize) -> usize {
        match &self.wires {
            Wires::Proxies(proxies) => {
                let (to_redis, to_silo) = &proxies[silo];
                to_redis.cut() + to_silo.cut()
            }
            Wires::Namespaces(_) => 0,
        }
    }

    /// How often bytes, or packets, were held back on all lines.
    pub(super) fn held(&self) -> u64 {
        match &self.wires {
            Wires::Proxies(proxies) => {
                let held = proxies.iter().map(|(one, other)| one.held() + other.held());
                held.sum()
            }
            Wires::Namespaces(namespaces) => namespaces.held(),
        }
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        self.mend();
    }
}
